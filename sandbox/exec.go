package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Exec runs one command in a running sandbox. Events: repaired. emit may be nil.
func (e *Engine) Exec(ctx context.Context, id string, c spec.Command, io Streams, emit func(spec.Event)) (spec.Exit, error) {
	c, err := e.withPassed(id, c)
	if err != nil {
		return spec.Exit{}, err
	}
	r, err := newRequest(c, io)
	if err != nil {
		return spec.Exit{}, err
	}
	defer r.close()
	conn, err := e.dial(id)
	if err != nil {
		return spec.Exit{}, err
	}
	defer func() { _ = conn.Close() }()
	r.send(conn)
	x, err := r.stay(ctx, conn, orNothing(emit))
	if err == nil {
		e.tellKilledIn(id, x, orNothing(emit))
	}
	return x, err
}

// dial connects to a sandbox's agent: ErrNotFound, ErrNotRunning.
func (e *Engine) dial(id string) (*wire.Conn, error) {
	c, err := wire.Dial(e.store.Sandbox(id).Socket())
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
func listen(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return wire.Listen(path)
}
