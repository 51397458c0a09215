package cli

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestSignalsReachTheEngineWhileItListens(t *testing.T) {
	arrived, heard := make(chan os.Signal), make(chan os.Signal)
	go relay(t.Context(), arrived, heard, func(s os.Signal) { t.Errorf("gave up at %v", s) })
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGUSR1, syscall.SIGINT} {
		arrived <- s
		if got := <-heard; got != s {
			t.Errorf("got %v, want %v", got, s)
		}
	}
}

func TestSignalsEndAPreparationThatDoesNotListen(t *testing.T) {
	arrived, gaveUp := make(chan os.Signal), make(chan os.Signal)
	go relay(t.Context(), arrived, make(chan os.Signal), func(s os.Signal) { gaveUp <- s })
	arrived <- syscall.SIGUSR2 // means nothing to a preparation
	arrived <- syscall.SIGTERM
	if got := <-gaveUp; got != syscall.SIGTERM {
		t.Errorf("got %v", got)
	}
}

func TestTheCauseOfAnInterruptionIsTold(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	if got := because(ctx, os.ErrClosed); !errors.Is(got, os.ErrClosed) {
		t.Errorf("before: %v", got)
	}
	cancel(&interruptedError{syscall.SIGINT})
	var got *interruptedError
	if !errors.As(because(ctx, os.ErrClosed), &got) || got.signal != syscall.SIGINT {
		t.Errorf("after: %v", got)
	}
	if got := because(ctx, nil); got != nil {
		t.Errorf("a success stays one: %v", got)
	}
}
