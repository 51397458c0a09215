package monitor

import (
	"io"
	"net"
	"strings"
	"testing"
)

// bothPorts are one number for both protocols: one that is free for the first may be taken for the second.
func bothPorts(t *testing.T) (*net.UDPConn, net.Listener) {
	t.Helper()
	for range 20 {
		packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = packets.Close() })
		if streams, err := net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			t.Cleanup(func() { _ = streams.Close() })
			return packets, streams
		}
	}
	t.Fatal("no number is free for both")
	return nil, nil
}

// fakeServer answers a query with its number and "answer", after an answer to
// another one; by TCP with what it was sent. It gives its port.
func fakeServer(t *testing.T) int {
	t.Helper()
	packets, streams := bothPorts(t)
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := packets.ReadFromUDP(b)
			if err != nil {
				return
			}
			if n > 2 {
				_, _ = packets.WriteToUDP([]byte("??wrong"), from)
				_, _ = packets.WriteToUDP(append(b[:2:2], "answer"...), from)
			}
		}
	}()
	go func() {
		for {
			c, err := streams.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			_ = c.Close()
		}
	}()
	return packets.LocalAddr().(*net.UDPAddr).Port
}

func newResolver(t *testing.T, servers ...string) (*resolver, string) {
	t.Helper()
	packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = packets.Close() })
	r := &resolver{packets: packets, servers: func() []string { return servers }, port: fakeServer(t), free: make(chan struct{}, maxQueries)}
	go r.run()
	return r, packets.LocalAddr().String()
}

// The first server is not there; what answers another query is passed over.
func TestResolverPassesQueriesOn(t *testing.T) {
	_, address := newResolver(t, "127.0.0.2", "127.0.0.1")
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, query := range []string{"x", "12query"} { // one is no query at all
		if _, err := c.Write([]byte(query)); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 512)
	n, err := c.Read(b)
	if err != nil || string(b[:n]) != "12answer" {
		t.Errorf("got %q, %v", b[:n], err)
	}
}

func TestResolverByTCP(t *testing.T) {
	r, _ := newResolver(t, "127.0.0.2", "127.0.0.1")
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r.streams.serve(l, func() { r.accept(l) })
	t.Cleanup(r.streams.close)
	query := strings.Repeat("query", 1000)
	c := dial(t, l.Addr().String())
	go func() {
		_, _ = c.Write([]byte(query))
		_ = c.CloseWrite()
	}()
	if b, err := io.ReadAll(c); err != nil || string(b) != query {
		t.Errorf("got %d bytes, %v", len(b), err)
	}
}
