package sandbox

import (
	"cmp"
	"context"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// stackGrace is how long a program may take over its stacks.
const stackGrace = 3 * time.Second

// limitTime asks the command for its stacks when its time is over, and ends it a little later. end
// stops the clock, and reports whether the time was over, and with what look was then. The one look is before
// the signal, at everything that still ran.
func limitTime(ctx context.Context, r PristineRun, s *Streams, look func() []string) (limited context.Context, end func() ([]string, bool)) {
	if r.Timeout <= 0 {
		return ctx, func() ([]string, bool) { return nil, false }
	}
	limited, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal)
	s.Signals = signals
	var over atomic.Pointer[[]string]
	go func() {
		if !wait(limited, r.Timeout) {
			return
		}
		seen := look()
		over.Store(&seen)
		select {
		case signals <- syscall.SIGQUIT:
		case <-limited.Done():
			return
		}
		if wait(limited, cmp.Or(r.Grace, stackGrace)) {
			cancel() // which is SIGKILL for all that the command started
		}
	}()
	return limited, func() ([]string, bool) {
		cancel()
		if seen := over.Load(); seen != nil {
			return *seen, true
		}
		return nil, false
	}
}

// wait is true when the time has passed.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
