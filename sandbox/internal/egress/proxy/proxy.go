// Package proxy is the process that a sandbox with a filtered network reaches others through.
// It answers: how does a client ask for a connection, and how is it made?
//
// It speaks HTTP and SOCKS5 on one socket, which was made inside; what it connects
// to is of the host's network.
package proxy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
)

// Main plays the role egress.Role and returns the exit code.
func Main() int {
	err := serve(os.NewFile(egress.ListenerFD, "listener"), os.NewFile(egress.ConfigFD, "config"))
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func serve(listener, settings *os.File) error {
	syscall.CloseOnExec(egress.ListenerFD)
	var c egress.Config
	if err := json.NewDecoder(settings).Decode(&c); err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	_ = settings.Close()
	l, err := net.FileListener(listener)
	if err != nil {
		return err
	}
	_ = listener.Close()
	log, err := egress.OpenLog(c.Log)
	if err != nil {
		return err
	}
	return Serve(l, &dialer{policy: egress.Policy{Rules: c.Rules, Learn: c.Learn}, log: log, lookup: lookup, asker: newAsker(os.Args[1:])})
}

// maxClients are served at a time; more wait.
const maxClients = 1024

// Serve serves until the listener fails.
func Serve(l net.Listener, d *dialer) error {
	web := &handed{conns: make(chan net.Conn), done: make(chan struct{}), addr: l.Addr()}
	server := d.httpServer()
	go func() { _ = server.Serve(web) }()
	defer func() { _ = server.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	free := make(chan struct{}, maxClients)
	for {
		free <- struct{}{}
		c, err := l.Accept()
		if err != nil {
			return err
		}
		counted := &client{Conn: c, r: bufio.NewReader(c), release: func() { <-free }}
		go sort(ctx, counted, d, web)
	}
}

// sort tells the protocols apart by the first byte.
func sort(ctx context.Context, c *client, d *dialer, web *handed) {
	_ = c.SetReadDeadline(time.Now().Add(headerTimeout))
	first, err := c.r.Peek(1)
	_ = c.SetReadDeadline(time.Time{})
	if err == nil && first[0] != socksVersion && web.hand(c) {
		return
	}
	if err == nil && first[0] == socksVersion {
		d.socks(withClient(ctx, c), c)
	}
	_ = c.Close()
}

// client is a connection of which the first bytes were read.
type client struct {
	net.Conn
	r       *bufio.Reader
	once    sync.Once
	release func()
}

func (c *client) Read(b []byte) (int, error) { return c.r.Read(b) }

// Close frees its place.
func (c *client) Close() error {
	c.once.Do(c.release)
	return c.Conn.Close()
}

// CloseWrite ends one direction.
func (c *client) CloseWrite() error { return closeWrite(c.Conn) }

// handed is a listener of connections that were accepted already.
type handed struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  net.Addr
}

func (h *handed) hand(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.done:
		return false
	}
}

func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handed) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handed) Addr() net.Addr { return h.addr }

// join copies between two connections until both directions have ended.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		if _, err := io.Copy(to, from); err != nil || closeWrite(to) != nil {
			_, _ = to.Close(), from.Close()
		}
	}
	both.Go(func() { pass(a, b) })
	pass(b, a)
	both.Wait()
}

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}
