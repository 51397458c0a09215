package monitor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/sockets"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// inside makes sockets in the sandbox's network. The agent is not trusted: what
// it sends is a socket of the kind that was asked for, or an error.
type inside struct {
	mu   sync.Mutex // one request at a time
	conn *wire.Conn
}

func (i *inside) close() { _ = i.conn.Close() }

// socket asks for one; the caller closes it.
func (i *inside) socket(req wire.SocketBody) (*os.File, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.conn.Send(wire.Socket, req); err != nil {
		return nil, fmt.Errorf("ask the sandbox for a socket: %w", err)
	}
	f, err := i.conn.Recv()
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox for a socket: %w", err)
	}
	if f.Type == wire.SocketIs && len(f.Files) == 1 {
		return f.Files[0], nil
	}
	defer f.Close()
	var b wire.RefusedBody
	if f.Type != wire.Refused || f.Decode(&b) != nil {
		return nil, wire.ErrBadFrame
	}
	if b.Errno != 0 {
		return nil, syscall.Errno(b.Errno)
	}
	return nil, errors.New(b.Text)
}

func request(kind string, udp bool, at netip.AddrPort) wire.SocketBody {
	return wire.SocketBody{Kind: kind, UDP: udp, Addr: at.Addr().AsSlice(), Port: int(at.Port())}
}

// dialTimeout is how long a listener inside may take to accept.
const dialTimeout = 10 * time.Second

// connect connects to what listens inside.
func (i *inside) connect(to netip.AddrPort) (*net.TCPConn, error) {
	file, err := i.socket(request(wire.SocketDial, false, to))
	if err != nil {
		return nil, err
	}
	conn, err := net.FileConn(file)
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		_ = conn.Close()
		return nil, wire.ErrBadFrame
	}
	if err := established(tcp); err != nil {
		_ = tcp.Close()
		return nil, err
	}
	return tcp, nil
}

// established waits for the end of a connect that the agent has begun (connect(2), EINPROGRESS).
func established(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	_ = c.SetWriteDeadline(time.Now().Add(dialTimeout))
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		var code int
		if code, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR); failed != nil {
			return true
		}
		if code != 0 {
			failed = syscall.Errno(code)
			return true
		}
		_, perr := syscall.Getpeername(int(fd))
		return perr == nil
	})
	if err == nil {
		err = failed
	}
	if err == nil {
		err = c.SetWriteDeadline(time.Time{})
	}
	return err
}

// connectPackets gives a UDP socket that sends to what listens inside.
func (i *inside) connectPackets(to netip.AddrPort) (*net.UDPConn, error) {
	return i.packets(request(wire.SocketDial, true, to))
}

// listen gives a listener inside.
func (i *inside) listen(at netip.AddrPort) (*net.TCPListener, error) {
	file, err := i.socket(request(wire.SocketListen, false, at))
	if err != nil {
		return nil, err
	}
	l, err := net.FileListener(file)
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	if tcp, ok := l.(*net.TCPListener); ok {
		return tcp, nil
	}
	_ = l.Close()
	return nil, wire.ErrBadFrame
}

// listenPackets gives a UDP socket inside.
func (i *inside) listenPackets(at netip.AddrPort) (*net.UDPConn, error) {
	return i.packets(request(wire.SocketListen, true, at))
}

func (i *inside) packets(req wire.SocketBody) (*net.UDPConn, error) {
	file, err := i.socket(req)
	if err != nil {
		return nil, err
	}
	c, err := net.FilePacketConn(file)
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	if udp, ok := c.(*net.UDPConn); ok {
		return udp, nil
	}
	_ = c.Close()
	return nil, wire.ErrBadFrame
}

// diag gives what tells of the sockets inside.
func (i *inside) diag() (*sockets.Diag, error) {
	f, err := i.socket(wire.SocketBody{Kind: wire.SocketDiag})
	if err != nil {
		return nil, err
	}
	return sockets.NewDiag(f)
}
