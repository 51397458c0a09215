package monitor

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// quietFor ends a client's exchange: UDP says of none that it is over. RFC 4787 asks of
	// a translator of addresses for two minutes at least.
	quietFor = 2 * time.Minute
	// maxClients bounds the exchanges of one port; further clients are dropped, as a
	// full queue drops.
	maxClients = 512
	// maxDatagram is what UDP over IPv4 carries at most, and more.
	maxDatagram = 1 << 16
)

// relay serves a UDP port until it is closed: each client has a socket of its own
// inside, so that answers find back.
func (w *forward) relay(l *net.UDPConn) {
	r := &relay{forward: w, host: l, clients: map[netip.AddrPort]*exchange{}}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil { // else an answer could not be delivered (ICMP), which is over
			r.pass(from, buf[:n])
		}
	}
}

type relay struct {
	*forward
	host *net.UDPConn

	mu      sync.Mutex
	clients map[netip.AddrPort]*exchange
}

// exchange is what one client says and hears.
type exchange struct {
	client netip.AddrPort
	first  []byte // packet, for the next target if nobody listens at this one

	mu     sync.Mutex
	inside *net.UDPConn
}

func (r *relay) pass(from netip.AddrPort, packet []byte) {
	r.mu.Lock()
	x := r.clients[from]
	full := len(r.clients) >= maxClients
	r.mu.Unlock()
	if x != nil {
		x.send(packet)
		return
	}
	if full {
		return
	}
	x = &exchange{client: from, first: bytes.Clone(packet)}
	r.mu.Lock()
	r.clients[from] = x
	r.mu.Unlock()
	if !r.open(x, 0) {
		r.forget(x)
	}
}

func (r *relay) forget(x *exchange) {
	r.mu.Lock()
	delete(r.clients, x.client)
	r.mu.Unlock()
}

// open connects to one of the targets, sends what came first, and answers from there on.
func (r *relay) open(x *exchange, target int) bool {
	c, err := r.dialUDP(r.targets[target])
	if err != nil {
		return false
	}
	x.mu.Lock()
	x.inside = c
	x.mu.Unlock()
	r.conns.serve(c, func() { r.answer(x, c, target) })
	x.send(x.first)
	return true
}

func (x *exchange) send(packet []byte) {
	x.mu.Lock()
	c := x.inside
	x.mu.Unlock()
	_ = c.SetReadDeadline(time.Now().Add(quietFor))
	_, _ = c.Write(packet)
}

// answer brings back what comes from inside. Where nobody listens, which is heard
// when nothing was answered yet, the next target is tried.
func (r *relay) answer(x *exchange, c *net.UDPConn, target int) {
	buf := make([]byte, maxDatagram)
	answered := false
	for {
		n, err := c.Read(buf)
		switch {
		case err == nil:
			answered = true
			_ = c.SetReadDeadline(time.Now().Add(quietFor))
			_, _ = r.host.WriteToUDPAddrPort(buf[:n], x.client)
			continue
		case errors.Is(err, syscall.ECONNREFUSED) && answered:
			continue
		case errors.Is(err, syscall.ECONNREFUSED) && target+1 < len(r.targets) && r.open(x, target+1):
			return
		}
		r.forget(x)
		return
	}
}
