// Package sockets answers: which sockets does a network have, and which process holds one?
package sockets

import (
	"encoding/binary"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// Diag asks the kernel for the sockets of one network alone (sock_diag(7)), by a netlink socket that was made there. The tables in /proc have every connection of the machine behind them: reading those takes milliseconds, and this
// some ten microseconds.
type Diag struct {
	mu  sync.Mutex
	f   *os.File
	buf []byte
}

// NewDiag takes the socket over. It is not trusted to be one that does not make its reader wait.
func NewDiag(f *os.File) (*Diag, error) {
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
	return &Diag{f: os.NewFile(uintptr(fd), "netlink"), buf: make([]byte, diagBuffer)}, nil
}

// Close gives the socket back.
func (d *Diag) Close() { _ = d.f.Close() }

const (
	diagBuffer  = 64 << 10 // the kernel's messages have at most half of it
	diagTimeout = time.Second
)

// Listeners are those of both families.
func (d *Diag) Listeners() ([]Socket, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Socket
	for _, family := range []byte{syscall.AF_INET, syscall.AF_INET6} {
		err := d.ask(listenersRequest(family), func(b []byte) (done bool, err error) {
			some, done, err := parseDiag(b)
			if out = append(out, some...); len(out) > maxListeners {
				out = out[:maxListeners]
			}
			return done, err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Inode is that of the connection between two addresses of IPv4, on the side of the first.
func (d *Diag) Inode(local, remote netip.AddrPort) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []Socket
	err := d.ask(connectionRequest(local, remote), func(b []byte) (done bool, err error) {
		found, _, err = parseDiag(b)
		return true, err
	})
	if err == nil && (len(found) != 1 || found[0].At.Port() != local.Port()) {
		err = syscall.ENOENT
	}
	if err != nil {
		return 0, err
	}
	return found[0].Inode, nil
}

func (d *Diag) ask(request []byte, each func([]byte) (done bool, err error)) error {
	_ = d.f.SetDeadline(time.Now().Add(diagTimeout))
	if _, err := d.f.Write(request); err != nil {
		return err
	}
	for done := false; !done; {
		n, err := d.f.Read(d.buf)
		if err == nil {
			done, err = each(d.buf[:n])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Of linux/sock_diag.h and linux/inet_diag.h.
const (
	sockDiagByFamily = 20
	tcpListen        = 10
	diagRequestSize  = syscall.NLMSG_HDRLEN + 56 // struct inet_diag_req_v2
	diagAnswerSize   = syscall.NLMSG_HDRLEN + 72 // struct inet_diag_msg
)

func newRequest(family byte, flags uint16) []byte {
	b := make([]byte, diagRequestSize)
	binary.NativeEndian.PutUint32(b, diagRequestSize)
	binary.NativeEndian.PutUint16(b[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(b[6:], flags)
	b[16], b[17] = family, syscall.IPPROTO_TCP
	return b
}

// listenersRequest asks for all sockets of a family that listen.
func listenersRequest(family byte) []byte {
	b := newRequest(family, syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(b[20:], 1<<tcpListen)
	return b
}

// connectionRequest asks for one (struct inet_diag_sockid; the last eight bytes say: whichever has these addresses).
func connectionRequest(local, remote netip.AddrPort) []byte {
	b := newRequest(syscall.AF_INET, syscall.NLM_F_REQUEST)
	binary.BigEndian.PutUint16(b[24:], local.Port())
	binary.BigEndian.PutUint16(b[26:], remote.Port())
	copy(b[28:32], local.Addr().Unmap().AsSlice())
	copy(b[44:48], remote.Addr().Unmap().AsSlice())
	binary.NativeEndian.PutUint64(b[64:], ^uint64(0))
	return b
}

// parseDiag reads the messages of one packet; done: there is no further one.
func parseDiag(b []byte) (out []Socket, done bool, err error) {
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

func parseDiagSocket(b []byte) (Socket, bool) {
	if len(b) < diagAnswerSize {
		return Socket{}, false
	}
	family, port := b[16], binary.BigEndian.Uint16(b[20:])
	addr := netip.AddrFrom4([4]byte(b[24:28]))
	if family == syscall.AF_INET6 {
		addr = netip.AddrFrom16([16]byte(b[24:40]))
	}
	inode := binary.NativeEndian.Uint32(b[diagAnswerSize-4:])
	return Socket{At: netip.AddrPortFrom(addr, port), Inode: uint64(inode)}, port != 0 && (family == syscall.AF_INET || family == syscall.AF_INET6)
}
