package sandbox

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// attached is a command that runs for this process.
type attached struct {
	conn       *wire.Conn
	streams    Streams
	terminal   *terminal // nil without one
	emit       func(spec.Event)
	interrupts int
	alone      bool // the command was the last thing in its sandbox
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
		case grace := <-a.streams.End:
			_ = a.conn.Send(wire.End, wire.EndBody{Grace: grace})
			overdue = time.After(grace + killGrace)
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
		tellGit(b.Git, a.emit)
		a.alone = b.Alone
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
