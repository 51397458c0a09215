package monitor

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// diag asks the kernel for the listeners of the sandbox's network alone (sock_diag(7)), by a netlink socket that was made
// inside. The tables in /proc have every connection of the machine behind them: reading those takes milliseconds, and this
// some ten microseconds.
type diag struct {
	f   *os.File
	buf []byte
}

// openDiag asks the agent for the socket.
func (i *inside) openDiag() (*diag, error) {
	f, err := i.socket(wire.SocketBody{Kind: wire.SocketDiag})
	if err != nil {
		return nil, err
	}
	return newDiag(f)
}

// newDiag takes the socket over. It is not trusted to be one that does not make its reader wait.
func newDiag(f *os.File) (*diag, error) {
	defer func() { _ = f.Close() }()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(fd)
	domain, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_DOMAIN)
	if err == nil && domain != syscall.AF_NETLINK {
		err = syscall.EAFNOSUPPORT
	}
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("netlink socket", err)
	}
	return &diag{os.NewFile(uintptr(fd), "netlink"), make([]byte, diagBuffer)}, nil
}

func (d *diag) close() { _ = d.f.Close() }

const (
	diagBuffer  = 64 << 10 // the kernel's messages have at most half of it
	diagTimeout = time.Second
)

// listeners are those of both families.
func (d *diag) listeners() ([]listener, error) {
	var out []listener
	_ = d.f.SetDeadline(time.Now().Add(diagTimeout))
	for _, family := range []byte{syscall.AF_INET, syscall.AF_INET6} {
		if _, err := d.f.Write(diagRequest(family)); err != nil {
			return nil, err
		}
		for done := false; !done; {
			n, err := d.f.Read(d.buf)
			if err != nil {
				return nil, err
			}
			var some []listener
			if some, done, err = parseDiag(d.buf[:n]); err != nil {
				return nil, err
			}
			if out = append(out, some...); len(out) > maxListeners {
				out = out[:maxListeners]
			}
		}
	}
	return out, nil
}

// Of linux/sock_diag.h and linux/inet_diag.h.
const (
	sockDiagByFamily = 20
	tcpListen        = 10
	diagRequestSize  = syscall.NLMSG_HDRLEN + 56 // struct inet_diag_req_v2
	diagAnswerSize   = syscall.NLMSG_HDRLEN + 72 // struct inet_diag_msg
)

// diagRequest asks for all TCP sockets of a family that listen.
func diagRequest(family byte) []byte {
	b := make([]byte, diagRequestSize)
	binary.NativeEndian.PutUint32(b, diagRequestSize)
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	b[16], b[17] = family, syscall.IPPROTO_TCP
	binary.NativeEndian.PutUint32(b[20:], 1<<tcpListen)
	return b
}

// parseDiag reads the messages of one packet; done: there is no further one.
func parseDiag(b []byte) (out []listener, done bool, err error) {
	for len(b) >= syscall.NLMSG_HDRLEN {
		size := int(binary.NativeEndian.Uint32(b))
		if size < syscall.NLMSG_HDRLEN || size > len(b) {
			return nil, false, syscall.EBADMSG
		}
		switch binary.NativeEndian.Uint16(b[4:]) {
		case syscall.NLMSG_DONE:
			return out, true, nil
		case syscall.NLMSG_ERROR:
			return nil, false, diagError(b[syscall.NLMSG_HDRLEN:size])
		case sockDiagByFamily:
			if l, ok := parseDiagSocket(b[:size]); ok {
				out = append(out, l)
			}
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return out, false, nil
}

func diagError(b []byte) error {
	if len(b) >= 4 {
		if n := int32(binary.NativeEndian.Uint32(b)); n < 0 {
			return syscall.Errno(-n)
		}
	}
	return syscall.EBADMSG
}

func parseDiagSocket(b []byte) (listener, bool) {
	if len(b) < diagAnswerSize {
		return listener{}, false
	}
	family, port := b[16], binary.BigEndian.Uint16(b[20:])
	addr := netip.AddrFrom4([4]byte(b[24:28]))
	if family == syscall.AF_INET6 {
		addr = netip.AddrFrom16([16]byte(b[24:40]))
	}
	inode := binary.NativeEndian.Uint32(b[diagAnswerSize-4:])
	return listener{netip.AddrPortFrom(addr, port), uint64(inode)}, port != 0 && (family == syscall.AF_INET || family == syscall.AF_INET6)
}
