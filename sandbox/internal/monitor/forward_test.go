package monitor

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// local are forwards to listeners of this very process.
func local(t *testing.T) *forwards {
	t.Helper()
	f := &forwards{list: map[place]*forward{}, dial: func(to netip.AddrPort) (*net.TCPConn, error) {
		return net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	}, dialUDP: func(to netip.AddrPort) (*net.UDPConn, error) {
		return net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	}}
	t.Cleanup(f.close)
	return f
}

// serve handles each connection to a new listener.
func serve(t *testing.T, handle func(*net.TCPConn)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c.(*net.TCPConn))
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func add(t *testing.T, f *forwards, inside int) spec.Forward {
	t.Helper()
	w, err := f.add(spec.PortForward{Inside: inside, Auto: true}, spec.ForwardAsked, "")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// readAll says how a connection ends, which may be while it is made.
func readAll(address string) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	_, err = io.ReadAll(c)
	return err
}

// A client that has ended its side still gets the whole answer.
func TestForwardHalfClosed(t *testing.T) {
	port := serve(t, func(c *net.TCPConn) {
		b, _ := io.ReadAll(c)
		_, _ = c.Write(bytes.ToUpper(b))
		_ = c.Close()
	})
	c := dial(t, add(t, local(t), port).Address)
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(c); err != nil || string(b) != "HELLO" {
		t.Errorf("got %q, %v", b, err)
	}
}

// A server that cuts the connection cuts the client's.
func TestForwardCut(t *testing.T) {
	port := serve(t, func(c *net.TCPConn) {
		_ = c.SetLinger(0)
		_ = c.Close()
	})
	if readAll(add(t, local(t), port).Address) == nil {
		t.Error("it seems to have ended well")
	}
}

func TestForwardNobodyListens(t *testing.T) {
	f := local(t)
	f.dial = func(netip.AddrPort) (*net.TCPConn, error) { return nil, syscall.ECONNREFUSED }
	if readAll(add(t, f, 7001).Address) == nil {
		t.Error("it seems to have ended well")
	}
}

// Ending a forward ends its connections.
func TestForwardRemoved(t *testing.T) {
	port := serve(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) })
	f := local(t)
	w := add(t, f, port)
	c := dial(t, w.Address)
	if !f.served(port, "") || len(f.all()) != 1 {
		t.Errorf("got %v", f.all())
	}
	if !f.remove(w) || f.remove(w) || f.remove(spec.Forward{}) {
		t.Error("removed once")
	}
	if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	if f.served(port, "") {
		t.Error("it still leads there")
	}
}

func TestListenHostTaken(t *testing.T) {
	port := serve(t, func(*net.TCPConn) {})
	_, _, err := listenHost(spec.PortForward{Host: port, Inside: 1})
	var e *PortError
	if !errors.As(err, &e) || e.Address != "127.0.0.1:"+strconv.Itoa(port) || !strings.Contains(e.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("got %v", err)
	}
	l, _, err := listenHost(spec.PortForward{Host: port, Inside: 1, Auto: true})
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

func TestListenHostNoAddress(t *testing.T) {
	for _, ip := range []string{"203.0.113.77", "x"} {
		if _, _, err := listenHost(spec.PortForward{IP: ip, Inside: 7001}); err == nil {
			t.Errorf("%s: no error", ip)
		}
	}
}

// What goes through a report comes out as the error that it was.
func TestReportKeepsErrors(t *testing.T) {
	_, _, err := listenHost(spec.PortForward{Host: serve(t, func(*net.TCPConn) {}), Inside: 1})
	if got := reportOf(err).err(); got.Error() != err.Error() {
		t.Errorf("got %q, want %q", got, err)
	}
	if got := reportOf(errEnding).err(); got.Error() != errEnding.Error() {
		t.Errorf("got %q", got)
	}
	if (Report{}).err() != nil {
		t.Error("an error out of nothing")
	}
}
