package cli

import (
	"errors"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

func TestUntilWithin(t *testing.T) {
	at := func(ns int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, ns, time.UTC) }
	const ms = time.Millisecond
	for _, c := range []struct {
		now      time.Time
		at, want time.Duration
	}{
		{at(0), 50 * ms, 50 * ms},
		{at(50e6), 50 * ms, 0},
		{at(900e6), 50 * ms, 150 * ms},
		{at(100e6), 900 * ms, 800 * ms},
		{at(950e6), 900 * ms, 950 * ms},
	} {
		if got := untilWithin(c.now, c.at); got != c.want {
			t.Errorf("from %v to %v: %v, want %v", c.now.Nanosecond(), c.at, got, c.want)
		}
	}
}

// A run that began too late is done again, but not for ever, and not when it could not be done.
func TestInTime(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		late []time.Duration
		err  error
		runs int
	}{
		"in time":        {[]time.Duration{0}, nil, 1},
		"late at first":  {[]time.Duration{time.Second, punctual, punctual - 1}, nil, 3},
		"late each time": {[]time.Duration{1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9}, nil, maxAttempts},
		"broken":         {[]time.Duration{time.Second, 0}, broken, 1},
	} {
		runs := 0
		r, err := inTime(func() (testrun.Run, time.Duration, error) {
			runs++
			return testrun.Run{N: runs}, c.late[runs-1], c.err
		})
		if runs != c.runs || r.N != runs || !errors.Is(err, c.err) {
			t.Errorf("%s: %d runs, the answer is of run %d, %v", name, runs, r.N, err)
		}
	}
}
