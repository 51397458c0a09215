package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Exec runs one command in a running sandbox. Events: repaired. emit may be nil.
func (e *Engine) Exec(ctx context.Context, id string, c spec.Command, io Streams, emit func(spec.Event)) (spec.Exit, error) {
	conn, err := e.dial(id)
	if err != nil {
		return spec.Exit{}, err
	}
	defer func() { _ = conn.Close() }()
	return attach(ctx, conn, c, io, orNothing(emit))
}

// dial connects to a sandbox's agent: ErrNotFound, ErrNotRunning.
func (e *Engine) dial(id string) (*wire.Conn, error) {
	var c *wire.Conn
	err := withSocket(e.store.Sandbox(id).Socket(), func(addr *net.UnixAddr) error {
		u, err := net.DialUnix("unix", nil, addr)
		if err == nil {
			c = wire.New(u)
		}
		return err
	})
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist):
		return nil, e.absent(id)
	}
	return nil, err
}

// absent tells a stopped sandbox from one that was never made.
func (e *Engine) absent(id string) error {
	if _, err := e.store.ReadState(id); errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return ErrNotRunning
}

// listen makes the agent's socket and gives the listening descriptor.
func listen(path string) (f *os.File, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	err = withSocket(path, func(addr *net.UnixAddr) error {
		l, err := net.ListenUnix("unix", addr)
		if err != nil {
			return err
		}
		l.SetUnlinkOnClose(false)
		defer func() { _ = l.Close() }()
		f, err = l.File()
		return err
	})
	return f, err
}

// maxSocketPath is what sockaddr_un holds, less the terminating zero (unix(7)).
const maxSocketPath = 107

// withSocket gives do an address for a path of any length: a long one is
// reached through a descriptor of its directory.
func withSocket(path string, do func(*net.UnixAddr) error) error {
	if len(path) <= maxSocketPath {
		return do(&net.UnixAddr{Name: path, Net: "unix"})
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	short := "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + filepath.Base(path)
	return do(&net.UnixAddr{Name: short, Net: "unix"})
}
