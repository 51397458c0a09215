package cli

import (
	"testing"
	"time"
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
