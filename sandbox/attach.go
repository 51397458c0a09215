package sandbox

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Streams are the descriptors of a command; nil ones are /dev/null. Signals that arrive on Signals are
// passed on. With Command.TTY, In is the caller's terminal.
type Streams struct {
	In, Out, Err *os.File
	Signals      <-chan os.Signal
	Early        *Early // Run only, may be nil
}

// request is one command on its way to an agent.
type request struct {
	command spec.Command
	streams Streams
	sent    chan error
	null    *os.File
}

func newRequest(cmd spec.Command, s Streams) (*request, error) {
	r := &request{command: cmd, streams: s, sent: make(chan error, 1)}
	return r, r.complete()
}

func (r *request) close() {
	if r.null != nil {
		_ = r.null.Close()
	}
}

// send starts sending; an agent that is not there yet finds the command waiting for it.
func (r *request) send(c *wire.Conn) {
	body := wire.ExecBody{Version: wire.Version, Command: r.command}
	body.Command.Env = append(terminalEnv(os.Environ()), r.command.Env...)
	var files []*os.File
	if r.command.TTY {
		body.Rows, body.Cols = terminalSize(r.streams.In)
	} else {
		files = []*os.File{r.streams.In, r.streams.Out, r.streams.Err}
	}
	go func() {
		err := c.Send(wire.Exec, body, files...)
		r.sent <- err
		if err != nil && lost(err) == err {
			_ = c.Close() // the agent waits for what will not come
		}
	}()
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
		if a.terminal, err = openTerminal(r.streams.In, r.streams.Out, started.Files[0]); err != nil {
			return spec.Exit{}, err
		}
		defer a.terminal.close()
	}
	return a.wait(ctx)
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

// attach runs one command over a fresh connection to an agent and stays with it to its end.
func attach(ctx context.Context, c *wire.Conn, cmd spec.Command, s Streams, emit func(spec.Event)) (spec.Exit, error) {
	r, err := newRequest(cmd, s)
	if err != nil {
		return spec.Exit{}, err
	}
	defer r.close()
	r.send(c)
	return r.stay(ctx, c, emit)
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

// attached is a command that runs for this process.
type attached struct {
	conn       *wire.Conn
	streams    Streams
	terminal   *terminal // nil without one
	emit       func(spec.Event)
	interrupts int
}

// killGrace is how long an agent may take to end what is to be ended at once.
const killGrace = 5 * time.Second

// receiveAll passes on what arrives until done: later frames are nobody's.
func (a *attached) receiveAll(done <-chan struct{}) (<-chan wire.Frame, <-chan error) {
	frames := make(chan wire.Frame)
	failed := make(chan error, 1)
	go func() {
		for {
			f, err := a.conn.Recv()
			if err != nil {
				failed <- err
				return
			}
			select {
			case frames <- f:
			case <-done:
				f.Close()
				return
			}
		}
	}()
	return frames, failed
}

// wait passes signals on until the command has ended. Ending ctx ends the command at once.
func (a *attached) wait(ctx context.Context) (spec.Exit, error) {
	done := make(chan struct{})
	defer close(done)
	frames, failed := a.receiveAll(done)
	cancelled := ctx.Done()
	var overdue <-chan time.Time
	var hungUp <-chan struct{}
	if a.terminal != nil {
		hungUp = a.terminal.hungUp
	}
	for {
		select {
		case f := <-frames:
			if x, done, err := a.handle(f); done || err != nil {
				return x, err
			}
		case err := <-failed:
			return spec.Exit{}, lost(err)
		case s := <-a.streams.Signals:
			if a.signal(s) == syscall.SIGKILL && overdue == nil {
				overdue = time.After(killGrace)
			}
		case <-hungUp:
			// Closing the connection ends the command as a closed terminal does.
			return spec.Exit{Code: 128 + int(syscall.SIGHUP), Signal: int(syscall.SIGHUP)}, nil
		case <-cancelled:
			cancelled, overdue = nil, time.After(killGrace)
			a.send(syscall.SIGKILL)
		case <-overdue:
			return spec.Exit{}, cmp.Or(ctx.Err(), ErrLost)
		}
	}
}

func (a *attached) handle(f wire.Frame) (x spec.Exit, done bool, err error) {
	defer f.Close()
	switch f.Type {
	case wire.Suspended:
		if a.terminal != nil {
			a.terminal.suspend()
		}
		a.send(syscall.SIGCONT)
		return x, false, nil
	case wire.Exited:
		var b wire.ExitedBody
		if err := f.Decode(&b); err != nil {
			return x, false, err
		}
		if a.terminal != nil {
			a.terminal.drain()
		}
		if b.Repaired > 0 {
			a.emit(spec.Event{Kind: "repaired", Count: b.Repaired})
		}
		return b.Exit, true, nil
	}
	return x, false, wire.ErrBadFrame
}

// signal passes a signal on. The first interrupt is the command's to handle; who
// repeats it means it: the second one terminates, the third one kills. It answers what was sent.
func (a *attached) signal(s os.Signal) syscall.Signal {
	n, ok := s.(syscall.Signal)
	if !ok {
		return 0
	}
	if n == syscall.SIGINT {
		a.interrupts++
		switch a.interrupts {
		case 1:
		case 2:
			n = syscall.SIGTERM
		default:
			n = syscall.SIGKILL
		}
	}
	a.send(n)
	return n
}

// send sends a signal; a connection that broke is noticed by the receiver.
func (a *attached) send(n syscall.Signal) {
	_ = a.conn.Send(wire.Signal, wire.SignalBody{Number: int(n)})
}

// receive waits for one frame of a type; a refusal is an error.
func receive(c *wire.Conn, want wire.Type) (wire.Frame, error) {
	f, err := c.Recv()
	if err != nil {
		return f, lost(err)
	}
	if f.Type == want {
		return f, nil
	}
	defer f.Close()
	if f.Type != wire.Refused {
		return wire.Frame{}, wire.ErrBadFrame
	}
	var b wire.RefusedBody
	if err := f.Decode(&b); err != nil {
		return wire.Frame{}, err
	}
	return wire.Frame{}, refusedError(b)
}

func lost(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ECONNRESET) {
		return ErrLost
	}
	return err
}
