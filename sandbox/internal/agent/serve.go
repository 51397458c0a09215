package agent

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// accept serves every client that is the caller.
func (a *agent) accept(l *wire.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			// Out of descriptors, say: the clients that are there go on.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go a.admit(c)
	}
}

func (a *agent) admit(c *wire.Conn) {
	defer func() { _ = c.Close() }()
	if uid, err := c.PeerUID(); err != nil || uid != a.config.CallerID {
		return
	}
	a.serve(c, c.Recv)
}

// serveControl serves whoever started the sandbox. A sandbox that was not told
// to live on ends with this connection.
func (a *agent) serveControl(c *control) {
	if !a.serve(c.Conn, c.next) {
		syscall.Exit(0) // at once, from whatever thread: somebody waits for it
	}
	_ = c.Close()
}

func (a *agent) environ() []string {
	if env := a.env.Load(); env != nil {
		return *env
	}
	return a.config.Env
}

// setEnv changes the environment that commands start from.
func (a *agent) setEnv(c *wire.Conn, f wire.Frame) {
	var req wire.EnvBody
	switch err := f.Decode(&req); {
	case err != nil:
		return
	case req.Version != wire.Version:
		_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedVersion, Text: "another version"})
		return
	}
	env := slices.DeleteFunc(slices.Clone(a.environ()), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(req.Drop, name)
	})
	env = append(env, req.Env...)
	a.env.Store(&env)
	a.shell.Store(&req.Shell)
	_ = c.Send(wire.EnvSet, wire.Empty{})
}

// control is the connection of whoever starts the sandbox. What comes first on
// it is read while the sandbox is still being built.
type control struct {
	*wire.Conn
	err   error
	first chan arrival
}

type arrival struct {
	frame wire.Frame
	err   error
}

func openControl() *control {
	c := &control{first: make(chan arrival, 1)}
	if c.Conn, c.err = wire.FromFile(os.NewFile(controlFD, "control")); c.err != nil {
		return c
	}
	go func() {
		f, err := c.Recv()
		c.first <- arrival{f, err}
		close(c.first)
	}()
	return c
}

// next waits for the next frame.
func (c *control) next() (wire.Frame, error) {
	if a, ok := <-c.first; ok {
		return a.frame, a.err
	}
	return c.Recv()
}

// serve answers the requests of one connection until it ends, and reports
// whether the last one was to detach.
func (a *agent) serve(c *wire.Conn, next func() (wire.Frame, error)) (detached bool) {
	defer a.touch()
	for {
		f, err := next()
		if err != nil {
			return false
		}
		a.touch()
		switch f.Type {
		case wire.Exec:
			a.exec(c, f)
			return false
		case wire.Stop:
			f.Close()
			a.stop(c, f)
			return false
		case wire.Count:
			f.Close()
			_ = c.Send(wire.Counted, wire.CountedBody{N: len(a.others()), Attended: int(a.attended.Load())})
		case wire.SetEnv:
			f.Close()
			a.setEnv(c, f)
			return false
		case wire.Drain:
			a.drain(c, f)
		case wire.Socket:
			a.socket(c, f)
		case wire.Service:
			a.service(c, f)
		case wire.Serve:
			a.serveMore(f)
		case wire.Detach:
			f.Close()
			outlived := make(chan error)
			a.detach <- outlived
			if <-outlived == nil {
				_ = c.Send(wire.Detached, wire.Empty{})
			}
			return true
		default:
			f.Close()
			_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedOther, Text: "unknown request"})
			return false
		}
	}
}
