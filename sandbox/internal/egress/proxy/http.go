package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"time"
)

const (
	headerTimeout = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// httpServer serves CONNECT (RFC 9110 section 9.3.6) and requests with a whole address (RFC 9112 section 3.2.2).
func (d *dialer) httpServer() *http.Server {
	quiet := log.New(io.Discard, "", 0)
	plain := &httputil.ReverseProxy{
		Rewrite:       func(*httputil.ProxyRequest) {},
		FlushInterval: -1,
		ErrorLog:      quiet,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, err error) { fail(w, err) },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return d.dialAddress(ctx, address, "80")
			},
			DisableCompression:    true,
			MaxIdleConnsPerHost:   8,
			IdleConnTimeout:       idleTimeout,
			ResponseHeaderTimeout: 10 * time.Minute,
		},
	}
	return &http.Server{
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: quiet,
		ConnContext: withClient,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodConnect:
				d.tunnel(w, r)
			case r.URL.Scheme == "http" && r.URL.Host != "":
				plain.ServeHTTP(w, r)
			default:
				http.Error(w, "sandbox: this is the proxy of the sandbox's network: it takes CONNECT, http:// addresses and SOCKS5", http.StatusBadRequest)
			}
		}),
	}
}

func (d *dialer) dialAddress(ctx context.Context, address, port string) (net.Conn, error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		host, p = address, port
	}
	number, err := strconv.Atoi(p)
	if err != nil || number < 1 || number > 65535 {
		return nil, fmt.Errorf("%q is no port", p)
	}
	return d.dial(ctx, host, number)
}

// fail answers why there is no connection.
func fail(w http.ResponseWriter, err error) {
	var refused *RefusedError
	code := http.StatusBadGateway
	if errors.As(err, &refused) {
		code = http.StatusForbidden
	}
	http.Error(w, "sandbox: "+err.Error(), code)
}

// tunnel connects and hands bytes on.
func (d *dialer) tunnel(w http.ResponseWriter, r *http.Request) {
	there, err := d.dialAddress(r.Context(), r.Host, "443")
	if err != nil {
		fail(w, err)
		return
	}
	defer func() { _ = there.Close() }()
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	_ = here.SetDeadline(time.Time{})
	if _, err := io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	if n := buffered.Reader.Buffered(); n > 0 {
		early, _ := buffered.Peek(n)
		if _, err := there.Write(early); err != nil {
			return
		}
	}
	join(here, there)
}
