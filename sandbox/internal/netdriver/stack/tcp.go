package stack

import (
	"io"
	"net"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	// maxConnecting is how many connections may be on their way; the kernel inside tries again.
	maxConnecting = 1024
	dialTimeout   = 30 * time.Second
	copySize      = 256 << 10
)

// tcp connects outside first: inside learns whether that works.
func (p policy) tcp(r *tcp.ForwarderRequest) {
	to, ok := p.destination(r.ID())
	if !ok {
		r.Complete(true)
		return
	}
	c, err := net.DialTimeout("tcp", to.String(), dialTimeout)
	if err != nil {
		r.Complete(true)
		return
	}
	outside := c.(*net.TCPConn)
	var queue waiter.Queue
	end, terr := r.CreateEndpoint(&queue)
	r.Complete(terr != nil)
	if terr != nil {
		_ = outside.Close()
		return
	}
	end.SocketOptions().SetKeepAlive(true)
	join(gonet.NewTCPConn(&queue, end), outside)
}

// half is a connection of which each direction can end alone.
type half interface {
	net.Conn
	CloseWrite() error
}

// join copies until both directions have ended; an error ends both.
func join(a, b half) {
	var both sync.WaitGroup
	pass := func(to, from half) {
		if _, err := io.CopyBuffer(writer{to}, reader{from}, make([]byte, copySize)); err != nil {
			_, _ = to.Close(), from.Close()
			return
		}
		_ = to.CloseWrite()
	}
	both.Go(func() { pass(a, b) })
	pass(b, a)
	both.Wait()
	_, _ = a.Close(), b.Close()
}

// reader and writer hide ways of copying that would take a buffer of another size.
type (
	reader struct{ io.Reader }
	writer struct{ io.Writer }
)
