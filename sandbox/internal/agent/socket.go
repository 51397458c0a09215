package agent

import (
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// A socket belongs to the network in which it was made, whoever uses it. So the
// agent makes sockets inside, and a process outside connects them to its own
// network: that takes no route between the two, and no helper.

// serveMore serves a second connection of whoever starts the sandbox, beside the first.
func (a *agent) serveMore(f wire.Frame) {
	if len(f.Files) != 1 {
		f.Close()
		return
	}
	c, err := wire.FromFile(f.Files[0])
	if err != nil {
		f.Close()
		return
	}
	go func() {
		defer func() { _ = c.Close() }()
		a.serve(c, c.Recv)
	}()
}

// socket answers a request for one.
func (a *agent) socket(c *wire.Conn, f wire.Frame) {
	f.Close()
	var req wire.SocketBody
	if f.Decode(&req) != nil {
		return
	}
	file, err := a.makeSocket(req)
	if err != nil {
		_ = c.Send(wire.Refused, refusal(wire.RefusedSocket, "", err))
		return
	}
	_ = c.Send(wire.SocketIs, wire.Empty{}, file)
	if file != a.tun {
		_ = file.Close()
	}
}

func (a *agent) makeSocket(req wire.SocketBody) (*os.File, error) {
	if req.Kind == wire.SocketTun {
		if a.tun == nil {
			return nil, syscall.ENODEV
		}
		return a.tun, nil
	}
	if req.Kind == wire.SocketDiag {
		return diagSocket()
	}
	addr, family, err := socketAddress(req)
	if err != nil {
		return nil, err
	}
	kind := syscall.SOCK_STREAM
	if req.UDP {
		kind = syscall.SOCK_DGRAM
	}
	fd, err := syscall.Socket(family, kind|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if req.Kind == wire.SocketListen {
		err = listenAt(fd, addr, req.UDP)
	} else {
		err = connectTo(fd, addr)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

const netlinkSockDiag = 4 // linux/netlink.h

func diagSocket() (*os.File, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, netlinkSockDiag)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	return os.NewFile(uintptr(fd), "netlink"), nil
}

func socketAddress(req wire.SocketBody) (syscall.Sockaddr, int, error) {
	if req.Port < 1 || req.Port > 65535 {
		return nil, 0, syscall.EINVAL
	}
	switch len(req.Addr) {
	case 4:
		return &syscall.SockaddrInet4{Port: req.Port, Addr: [4]byte(req.Addr)}, syscall.AF_INET, nil
	case 16:
		return &syscall.SockaddrInet6{Port: req.Port, Addr: [16]byte(req.Addr)}, syscall.AF_INET6, nil
	}
	return nil, 0, syscall.EAFNOSUPPORT
}

// connectTo begins; whoever gets the socket sees how it ends.
func connectTo(fd int, addr syscall.Sockaddr) error {
	switch err := syscall.Connect(fd, addr); err {
	case nil, syscall.EINPROGRESS, syscall.EINTR: // interrupted, it goes on by itself (connect(2))
		return nil
	default:
		return os.NewSyscallError("connect", err)
	}
}

const socketBacklog = 128

func listenAt(fd int, addr syscall.Sockaddr, udp bool) error {
	if !udp {
		_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}
	if err := syscall.Bind(fd, addr); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if udp {
		return nil
	}
	return os.NewSyscallError("listen", syscall.Listen(fd, socketBacklog))
}
