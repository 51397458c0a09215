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
// stops the clock, and reports whether the time was over.
func limitTime(ctx context.Context, r PristineRun, s *Streams) (limited context.Context, end func() bool) {
	if r.Timeout <= 0 {
		return ctx, func() bool { return false }
	}
	limited, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal)
	s.Signals = signals
	var over atomic.Bool
	go func() {
		if !wait(limited, r.Timeout) {
			return
		}
		over.Store(true)
		select {
		case signals <- syscall.SIGQUIT:
		case <-limited.Done():
			return
		}
		if wait(limited, cmp.Or(r.Grace, stackGrace)) {
			cancel() // which is SIGKILL for all that the command started
		}
	}()
	return limited, func() bool {
		cancel()
		return over.Load()
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
