package monitor

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// echo answers packets, until the test ends.
func echo(t *testing.T, ip string) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		buf := make([]byte, maxDatagram)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(bytes.ToUpper(buf[:n]), from)
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func dialUDP(t *testing.T, address string) *net.UDPConn {
	t.Helper()
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c.(*net.UDPConn)
}

func say(t *testing.T, c *net.UDPConn, text string) string {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxDatagram)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// Each client hears its own answers, from IPv4's loopback or from IPv6's.
func TestForwardPackets(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		f := local(t)
		inside := int(echo(t, ip).Port())
		w, err := f.add(spec.PortForward{Host: inside%50000 + 7000, Inside: inside, Auto: true, UDP: true}, spec.ForwardAsked, "")
		if err != nil {
			t.Fatal(err)
		}
		if w.Protocol != spec.UDP || w.URL != "udp://"+w.Address || f.served(inside, "") {
			t.Errorf("got %+v", w)
		}
		var clients []*net.UDPConn
		for range 40 {
			clients = append(clients, dialUDP(t, w.Address))
		}
		for round := range 3 {
			for i, c := range clients {
				text := "c" + strconv.Itoa(i) + "." + strconv.Itoa(round)
				if got := say(t, c, text); got != "C"+text[1:] {
					t.Fatalf("%s: client %d: got %q", ip, i, got)
				}
			}
		}
		if !f.remove(w) || f.remove(w) {
			t.Error("removed once")
		}
	}
}

// A port that nobody listens on costs nothing that stays.
func TestForwardPacketsToNobody(t *testing.T) {
	f := local(t)
	w := &forward{targets: insideTargets(9), dialUDP: f.dialUDP}
	r := &relay{forward: w, clients: map[netip.AddrPort]*exchange{}}
	for i := range 100 {
		r.pass(netip.AddrPortFrom(netip.IPv6Loopback(), uint16(i+1)), []byte("x"))
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		n := len(r.clients)
		r.mu.Unlock()
		if n == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d clients are remembered", n)
		}
	}
	w.conns.close()
}

func TestForwardPacketsBounded(t *testing.T) {
	f := local(t)
	w := &forward{targets: []netip.AddrPort{echo(t, "127.0.0.1")}, dialUDP: f.dialUDP}
	r := &relay{forward: w, host: dialUDP(t, "127.0.0.1:9"), clients: map[netip.AddrPort]*exchange{}}
	for i := range maxClients + 9 {
		r.pass(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(i+1)), []byte("x"))
	}
	r.mu.Lock()
	if len(r.clients) != maxClients {
		t.Errorf("%d clients", len(r.clients))
	}
	r.mu.Unlock()
	w.conns.close()
}
