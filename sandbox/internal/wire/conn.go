package wire

import (
	"errors"
	"os"
	"syscall"
)

// Conn is one end of a connection. One goroutine may send while another receives.
// It does without package net, whose initialization every start of a sandbox would wait for.
type Conn struct {
	f   *os.File
	raw syscall.RawConn
}

// FromFile takes a stream socket over from a descriptor.
func FromFile(f *os.File) (*Conn, error) { return fromFD(int(f.Fd()), f) }

// fromFD makes the descriptor one that goroutines wait for; old, if any, is closed.
func fromFD(fd int, old *os.File) (*Conn, error) {
	if old != nil {
		defer func() { _ = old.Close() }()
		dup, err := duplicate(fd)
		if err != nil {
			return nil, err
		}
		fd = dup
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(fd), "socket")
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &Conn{f, raw}, nil
}

// duplicate copies a descriptor, close-on-exec.
func duplicate(fd int) (int, error) {
	dup, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if e != 0 {
		return -1, os.NewSyscallError("fcntl", e)
	}
	return int(dup), nil
}

// File gives a descriptor of it for another process. The connection stays.
func (c *Conn) File() (*os.File, error) {
	fd := -1
	var derr error
	err := c.raw.Control(func(own uintptr) { fd, derr = duplicate(int(own)) })
	if err = errors.Join(err, derr); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}

// Close ends the connection; a Recv that waits returns.
func (c *Conn) Close() error { return c.f.Close() }

// sendmsg sends the first part of a frame, with the descriptors.
func (c *Conn) sendmsg(frame, oob []byte) (n int, err error) {
	werr := c.raw.Write(func(fd uintptr) bool {
		for {
			n, err = syscall.SendmsgN(int(fd), frame, oob, nil, syscall.MSG_NOSIGNAL)
			if err != syscall.EINTR {
				return err != syscall.EAGAIN
			}
		}
	})
	if werr != nil {
		return n, os.ErrClosed // it has no other error without deadlines
	}
	if err != nil {
		return n, os.NewSyscallError("sendmsg", err)
	}
	return n, nil
}

// recvmsg receives what is there, with descriptors.
func (c *Conn) recvmsg(b, oob []byte) (n, oobn, flags int, err error) {
	rerr := c.raw.Read(func(fd uintptr) bool {
		for {
			n, oobn, flags, _, err = syscall.Recvmsg(int(fd), b, oob, syscall.MSG_CMSG_CLOEXEC)
			if err != syscall.EINTR {
				return err != syscall.EAGAIN
			}
		}
	})
	if rerr != nil {
		return 0, 0, 0, os.ErrClosed
	}
	return n, oobn, flags, os.NewSyscallError("recvmsg", err)
}

// Pair makes two connected ends; the second is for a child process.
func Pair() (*Conn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	c, err := fromFD(fds[0], nil)
	if err != nil {
		_ = syscall.Close(fds[0])
		_ = syscall.Close(fds[1])
		return nil, nil, err
	}
	return c, os.NewFile(uintptr(fds[1]), "control"), nil
}

// PeerUID is the user at the other end, as this process's user namespace names it.
func (c *Conn) PeerUID() (int, error) {
	var cred *syscall.Ucred
	var cerr error
	err := c.raw.Control(func(fd uintptr) {
		cred, cerr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, cerr); err != nil {
		return -1, err
	}
	return int(cred.Uid), nil
}
