package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// fixture is a proxy whose names lead where the test says.
type fixture struct {
	t     *testing.T
	proxy string
	log   string
	mu    sync.Mutex
	asked []string
}

// ownAddress is one of this machine's that is not its loopback's, which no rule opens.
func ownAddress(t *testing.T) netip.Addr {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return netip.MustParseAddr(n.IP.String())
		}
	}
	t.Fatal("this machine has no address beside its loopback's")
	return netip.Addr{}
}

func newProxy(t *testing.T, names map[string]string, rules ...egress.Rule) *fixture {
	t.Helper()
	f := &fixture{t: t, log: filepath.Join(t.TempDir(), "log")}
	log, err := egress.OpenLog(f.log)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dialer{policy: egress.Policy{Rules: rules}, log: log, lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
		f.mu.Lock()
		f.asked = append(f.asked, host)
		f.mu.Unlock()
		if a, ok := names[host]; ok {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}}
	done := make(chan error, 1)
	go func() { done <- Serve(l, d) }()
	t.Cleanup(func() {
		_ = l.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("served until %v", err)
		}
	})
	f.proxy = l.Addr().String()
	return f
}

func (f *fixture) client() *http.Client {
	c := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: f.proxy}), DisableKeepAlives: true}}
	return c
}

func (f *fixture) get(address string) (int, string) {
	f.t.Helper()
	r, err := f.client().Get(address)
	if err != nil {
		f.t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		f.t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// server answers on the machine's own address; own is the rule that opens it.
func server(t *testing.T) (port string, own egress.Rule) {
	t.Helper()
	a := ownAddress(t)
	l, err := net.Listen("tcp", netip.AddrPortFrom(a, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "hello "+r.Host+r.URL.Path+r.Header.Get("X-Forwarded-For"))
	}))
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, egress.Rule{Text: "here", Prefix: netip.PrefixFrom(a, 32)}
}

func TestPlainHTTP(t *testing.T) {
	port, own := server(t)
	f := newProxy(t, map[string]string{"web.test": own.Prefix.Addr().String()}, own, egress.Rule{Text: "web.test", Host: "web.test"})
	if code, got := f.get("http://Web.test.:" + port + "/x"); code != 200 || got != "hello Web.test.:"+port+"/x" {
		t.Errorf("%d %q", code, got)
	}
	if code, got := f.get("http://other.test/"); code != 403 || !strings.Contains(got, "other.test:80 is refused: not in network.allow") {
		t.Errorf("%d %q", code, got)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.asked) != 1 {
		t.Errorf("names of what is refused were asked for: %q", f.asked)
	}
	log, err := egress.ReadLog(f.log)
	if err != nil || len(log) != 2 || log[0].Verdict != spec.EgressAllowed || log[0].Host != "web.test" || log[0].Rule != "here" && log[0].Rule != "web.test" ||
		log[1].Verdict != spec.EgressRefused || log[1].Why != egress.NotListed {
		t.Errorf("%+v, %v", log, err)
	}
}

func TestConnect(t *testing.T) {
	port, own := server(t)
	f := newProxy(t, nil, own)
	c, err := net.Dial("tcp", f.proxy)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	to := net.JoinHostPort(own.Prefix.Addr().String(), port)
	// What comes with the request is not lost.
	_, _ = io.WriteString(c, "CONNECT "+to+" HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.0\r\n\r\n")
	b, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.0 200") || !strings.HasSuffix(string(b), "hello /") {
		t.Errorf("%q, %v", b, err)
	}
}

// A name that is allowed gains nothing by leading to what is not.
func TestRebinding(t *testing.T) {
	port, own := server(t)
	rule := egress.Rule{Text: "*.test", Host: "test", Below: true}
	f := newProxy(t, map[string]string{
		"own.test": own.Prefix.Addr().String(), "loop.test": "127.0.0.1", "meta.test": "169.254.169.254", "private.test": "10.0.0.1", "mapped.test": "::ffff:127.0.0.1",
	}, rule)
	for host, why := range map[string]string{
		"loop.test": egress.ThisMachine, "meta.test": egress.ThisMachine, "private.test": egress.PrivateNet, "mapped.test": egress.ThisMachine,
	} {
		if code, got := f.get("http://" + host + ":" + port + "/"); code != 403 || !strings.Contains(got, why) {
			t.Errorf("%s: %d %q", host, code, got)
		}
	}
	if code, got := f.get("http://nowhere.test/"); code != 502 || !strings.Contains(got, "no such host") {
		t.Errorf("%d %q", code, got)
	}
}

// What a client says cannot hide what comes after it in the log.
func TestLongNames(t *testing.T) {
	f := newProxy(t, nil)
	for _, host := range []string{strings.Repeat("a", 60000), "last.test"} {
		c, err := net.Dial("tcp", f.proxy)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "CONNECT "+host+":443 HTTP/1.1\r\nHost: x\r\n\r\n")
		if line, _ := bufio.NewReader(c).ReadString('\n'); !strings.Contains(line, " 403 ") {
			t.Errorf("%.20q: %q", host, line)
		}
		_ = c.Close()
	}
	log, err := egress.ReadLog(f.log)
	if err != nil || len(log) != 2 || len(log[0].Host) != maxHost || log[1].Host != "last.test" {
		t.Errorf("%d entries, %v", len(log), err)
	}
}

func TestWrongRequests(t *testing.T) {
	f := newProxy(t, nil)
	for request, want := range map[string]string{
		"GET / HTTP/1.0\r\n\r\n":                          "400 ",
		"GET ftp://x/ HTTP/1.0\r\n\r\n":                   "400 ",
		"CONNECT x:0 HTTP/1.0\r\n\r\n":                    "502 ",
		"CONNECT x:http HTTP/1.0\r\n\r\n":                 "400 ",
		"\x16\x03\x01\r\n\r\n":                            "400 ",
		"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost:x\r\n\r\n": "403 ",
	} {
		c, err := net.Dial("tcp", f.proxy)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, request)
		_ = c.(*net.TCPConn).CloseWrite()
		line, _ := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		if !strings.Contains(line, " "+want) {
			t.Errorf("%q: %q", request, line)
		}
	}
}

func TestSocks(t *testing.T) {
	port, own := server(t)
	number, _ := strconv.Atoi(port)
	f := newProxy(t, map[string]string{"web.test": own.Prefix.Addr().String()}, own, egress.Rule{Text: "web.test", Host: "web.test"})
	p := []byte{byte(number >> 8), byte(number)}
	four := own.Prefix.Addr().As4()
	for name, c := range map[string]struct {
		request []byte
		code    byte
	}{
		"an address":        {append(append([]byte{5, 1, 0, 1}, four[:]...), p...), socksOK},
		"a name":            {append(append([]byte{5, 1, 0, 3, 8}, "web.test"...), p...), socksOK},
		"an unknown name":   {append(append([]byte{5, 1, 0, 3, 3}, "x.y"...), p...), socksRefused},
		"loopback":          {append([]byte{5, 1, 0, 1, 127, 0, 0, 1}, p...), socksRefused},
		"no listener":       {append(append([]byte{5, 1, 0, 1}, four[:]...), 0, 1), socksNoListener},
		"bind":              {append([]byte{5, 2, 0, 1, 127, 0, 0, 1}, p...), socksNoCommand},
		"a kind of address": {append([]byte{5, 1, 0, 9}, p...), socksNoAddress},
		"no port":           {[]byte{5, 1, 0, 1, 192, 0, 2, 1, 0, 0}, socksNoAddress},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", f.proxy)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = conn.Write([]byte{5, 2, 1, 0})
			_, _ = conn.Write(c.request)
			b := make([]byte, 12)
			if _, err := io.ReadFull(conn, b); err != nil || !bytes.Equal(b[:3], []byte{5, 0, 5}) || b[3] != c.code {
				t.Fatalf("%v, %v", b, err)
			}
			if c.code == socksOK {
				_, _ = io.WriteString(conn, "GET /s HTTP/1.0\r\n\r\n")
				if got, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(got), "hello /s") {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
}

func TestSocksWithAPasswordOnly(t *testing.T) {
	f := newProxy(t, nil)
	c, err := net.Dial("tcp", f.proxy)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte{5, 1, 2})
	if b, err := io.ReadAll(c); err != nil || !bytes.Equal(b, []byte{5, socksNoneAccepted}) {
		t.Errorf("%v, %v", b, err)
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte{5, 1, 0, 1, 127, 0, 0, 1, 0, 80})
	f.Add([]byte{5, 1, 0, 3, 1, 'a', 0, 80})
	f.Fuzz(func(t *testing.T, b []byte) {
		host, port, code, err := readRequest(bytes.NewReader(b))
		if err == nil && code == socksOK && (host == "" || port < 1 || port > 65535) {
			t.Errorf("%q:%d", host, port)
		}
		if errors.Is(err, errSocks) && len(b) > 3 && b[0] == socksVersion {
			t.Errorf("%v refused", b)
		}
	})
}
