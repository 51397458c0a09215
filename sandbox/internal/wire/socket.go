package wire

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// maxSocketPath is what sockaddr_un holds, less the terminating zero (unix(7)).
const maxSocketPath = 107

// withAddress gives do an address for a path of any length: a long one is
// reached through a descriptor of its directory.
func withAddress(path string, do func(syscall.Sockaddr) error) error {
	if len(path) <= maxSocketPath {
		return do(&syscall.SockaddrUnix{Name: path})
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return do(&syscall.SockaddrUnix{Name: "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + filepath.Base(path)})
}

func newSocket() (int, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	return fd, os.NewSyscallError("socket", err)
}

// retry repeats an interrupted call.
func retry(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}

// Dial connects to the socket at path, which may be of any length.
func Dial(path string) (*Conn, error) {
	fd, err := newSocket()
	if err != nil {
		return nil, err
	}
	err = withAddress(path, func(a syscall.Sockaddr) error {
		return retry(func() error { return syscall.Connect(fd, a) })
	})
	if err == nil {
		var c *Conn
		if c, err = fromFD(fd, nil); err == nil {
			return c, nil
		}
	}
	_ = syscall.Close(fd)
	return nil, &os.PathError{Op: "connect", Path: path, Err: err}
}

// backlog is how many connections may wait to be accepted.
const backlog = 128

// Listen makes a socket at path, where nothing is yet.
func Listen(path string) (*os.File, error) {
	fd, err := newSocket()
	if err != nil {
		return nil, err
	}
	err = withAddress(path, func(a syscall.Sockaddr) error { return syscall.Bind(fd, a) })
	if err == nil {
		err = syscall.Listen(fd, backlog)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return nil, &os.PathError{Op: "listen", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), "listener"), nil
}

// Listener accepts connections on a listening descriptor.
type Listener struct{ c *Conn }

// NewListener takes a listening socket over from a descriptor.
func NewListener(f *os.File) (*Listener, error) {
	c, err := FromFile(f)
	if err != nil {
		return nil, err
	}
	return &Listener{c}, nil
}

// Accept waits for the next connection.
func (l *Listener) Accept() (*Conn, error) {
	var fd int
	var err error
	rerr := l.c.raw.Read(func(s uintptr) bool {
		err = retry(func() (e error) {
			fd, _, e = syscall.Accept4(int(s), syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK)
			return e
		})
		return err != syscall.EAGAIN
	})
	if rerr != nil {
		return nil, rerr
	}
	if err != nil {
		return nil, os.NewSyscallError("accept", err)
	}
	return fromFD(fd, nil)
}

// Close stops listening.
func (l *Listener) Close() error { return l.c.Close() }
