package sandbox

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/rootless-sandbox/sandbox/sandbox/early"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Streams are the descriptors of a command; nil ones are /dev/null. Signals that arrive on Signals are
// passed on. With Command.TTY, In is the caller's terminal.
type Streams struct {
	In, Out, Err *os.File
	Signals      <-chan os.Signal
	Early        *early.Process // Run only, may be nil
	// End ends the command with all that it started: by SIGTERM, and by SIGKILL what is left after that time.
	End <-chan time.Duration
	// Asides are lines for whoever sits at the terminal, shown between what the command prints. Only
	// with Command.TTY; whoever sends must not wait for ever.
	Asides <-chan string
}

// request is one command on its way to an agent.
type request struct {
	command  spec.Command
	streams  Streams
	sent     chan error // of the latest sending
	sending  sync.WaitGroup
	null     *os.File
	pristine bool // nothing of the caller's terminal is told
	alone    bool // the command has ended and was the last thing in its sandbox
}

func newRequest(cmd spec.Command, s Streams) (*request, error) {
	r := &request{command: cmd, streams: s}
	return r, r.complete()
}

// close comes after the end of the connection: until then descriptors of the
// caller may be on their way.
func (r *request) close() {
	r.sending.Wait()
	if r.null != nil {
		_ = r.null.Close()
	}
}

// send starts sending; an agent that is not there yet finds the command waiting for it.
func (r *request) send(c *wire.Conn) {
	body := wire.ExecBody{Version: wire.Version, Command: r.command}
	if !r.pristine {
		body.Command.Env = append(terminalEnv(os.Environ()), r.command.Env...)
	}
	var files []*os.File
	if r.command.TTY {
		body.Rows, body.Cols = terminalSize(r.streams.In)
	} else {
		files = []*os.File{r.streams.In, r.streams.Out, r.streams.Err}
	}
	sent := make(chan error, 1)
	r.sent = sent
	r.sending.Go(func() {
		err := c.Send(wire.Exec, body, files...)
		sent <- err
		if err != nil && lost(err) == err {
			_ = c.Close() // the agent waits for what will not come
		}
	})
}

// stay stays with the command, which was sent, to its end.
func (r *request) stay(ctx context.Context, c *wire.Conn, emit func(spec.Event)) (spec.Exit, error) {
	started, err := r.begun(ctx, c)
	if err != nil {
		return spec.Exit{}, err
	}
	defer started.Close()
	a := &attached{conn: c, streams: r.streams, emit: emit}
	if r.command.TTY {
		if len(started.Files) != 1 || !term.IsTerminal(int(started.Files[0].Fd())) {
			return spec.Exit{}, wire.ErrBadFrame
		}
		if a.terminal, err = openTerminal(r.streams, started.Files[0]); err != nil {
			return spec.Exit{}, err
		}
		defer a.terminal.close()
	}
	x, err := a.wait(ctx)
	r.alone = a.alone
	return x, err
}

// begun waits for the command to be started, or for the end of ctx.
func (r *request) begun(ctx context.Context, c *wire.Conn) (wire.Frame, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	started, err := receive(c, wire.Started)
	switch {
	case !stop():
		started.Close()
		return wire.Frame{}, ctx.Err()
	case errors.Is(err, os.ErrClosed):
		return started, <-r.sent
	}
	return started, named(err, r.command)
}

// complete puts /dev/null in the place of what is missing.
func (r *request) complete() (err error) {
	s := &r.streams
	if s.In != nil && s.Out != nil && s.Err != nil {
		return nil
	}
	if r.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return err
	}
	for _, f := range []**os.File{&s.In, &s.Out, &s.Err} {
		if *f == nil {
			*f = r.null
		}
	}
	return nil
}
