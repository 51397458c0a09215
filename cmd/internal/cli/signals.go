package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
)

// withChild makes the streams of a command that runs inside, with the signals
// that are meant for it. stop ends their delivery.
func (a *app) withChild(parent context.Context) (ctx context.Context, io sandbox.Streams, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	// Enough for every kind once, twice over; more of the same say nothing new.
	arrived := make(chan os.Signal, 16)
	heard := make(chan os.Signal)
	go func() {
		// Beside the start, not before it: the first call takes a while, and a signal that comes earlier has its
		// usual effect, which is right for a command that does not run yet.
		signal.Notify(arrived, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP,
			syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
		relay(ctx, arrived, heard, func(s os.Signal) {
			signal.Stop(arrived) // the next one has its usual effect
			number, _ := s.(syscall.Signal)
			cancel(&interruptedError{number})
		})
	}()
	return ctx, sandbox.Streams{In: a.In, Out: a.Out, Err: a.Err, Signals: heard}, func() {
		signal.Stop(arrived)
		cancel(nil)
	}
}

// relay hands signals to the engine as long as it listens. While it does not,
// no command runs yet: then a signal that ends programs ends the preparation.
func relay(ctx context.Context, arrived <-chan os.Signal, heard chan<- os.Signal, giveUp func(os.Signal)) {
	const patience = 300 * time.Millisecond // a listener may be busy with output
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-arrived:
			select {
			case <-ctx.Done():
				return
			case heard <- s:
			case <-time.After(patience):
				if s != syscall.SIGUSR1 && s != syscall.SIGUSR2 {
					giveUp(s)
					return
				}
			}
		}
	}
}

// interruptedError is the cause of a context that a signal cancelled.
type interruptedError struct{ signal syscall.Signal }

func (e *interruptedError) Error() string {
	return fmt.Sprintf("interrupted by signal %d", int(e.signal))
}

// interruptible cancels the context at the first SIGINT or SIGTERM. A second
// one has its usual effect: it ends the program.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-arrived:
			signal.Stop(arrived)
			number, _ := s.(syscall.Signal)
			cancel(&interruptedError{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(arrived)
		cancel(nil)
	}
}

// because prefers the signal that cancelled ctx to the error that followed.
func because(ctx context.Context, err error) error {
	var interrupted *interruptedError
	if err != nil && errors.As(context.Cause(ctx), &interrupted) {
		return interrupted
	}
	return err
}
