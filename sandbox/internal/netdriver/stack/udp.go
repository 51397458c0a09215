package stack

import (
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	// udpIdle is how long a pair of ports is kept without a packet (RFC 4787, REQ-5: at least 2 minutes).
	udpIdle   = 2 * time.Minute
	maxUDP    = 4096
	maxPacket = 65535
)

// packets passes packets on, a socket outside for each pair of addresses inside.
type packets struct {
	policy
	free chan struct{}
}

func newPackets(p policy) *packets { return &packets{p, make(chan struct{}, maxUDP)} }

func (u *packets) handle(r *udp.ForwarderRequest) {
	to, ok := u.destination(r.ID())
	if !ok {
		return
	}
	select {
	case u.free <- struct{}{}:
	default:
		return // dropped, as UDP may
	}
	var queue waiter.Queue
	end, err := r.CreateEndpoint(&queue)
	if err != nil {
		<-u.free
		return
	}
	inside := gonet.NewUDPConn(&queue, end)
	go func() {
		defer func() { <-u.free }()
		defer func() { _ = inside.Close() }()
		outside, err := net.Dial("udp", to.String())
		if err != nil {
			return
		}
		defer func() { _ = outside.Close() }()
		done := make(chan struct{})
		go func() {
			defer close(done)
			passPackets(inside, outside)
			_ = inside.Close()
		}()
		passPackets(outside, inside)
		_ = outside.Close()
		<-done
	}()
}

// passPackets copies until nothing came for a while.
func passPackets(to, from net.Conn) {
	b := make([]byte, maxPacket)
	for {
		end := time.Now().Add(udpIdle) // of both directions
		_, _ = from.SetReadDeadline(end), to.SetReadDeadline(end)
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}
