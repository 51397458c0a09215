package watch

import (
	"slices"
	"testing"
	"time"
)

// Times are milliseconds from the first change on.
func TestTiming(t *testing.T) {
	every := func(step, until int) (at []int) {
		for i := 0; i <= until; i += step {
			at = append(at, i)
		}
		return at
	}
	for name, c := range map[string]struct {
		quiet   int
		changes []int
		due     []int // when batches are handed over
	}{
		"one change":               {100, []int{0}, []int{10}},
		"the steps of a save":      {100, []int{0, 3, 9, 15}, []int{25}},
		"late steps of a save":     {100, []int{0, 60}, []int{10, 160}},
		"two saves":                {100, []int{0, 500}, []int{10, 510}},
		"one save after the other": {100, []int{0, 90, 180, 270}, []int{10, 370}},
		"a storm":                  {100, every(5, 900), []int{1000}},
		"a storm with gaps":        {100, every(50, 1000), []int{10, 1100}},
		"a storm without end":      {100, every(5, 9000), []int{5000, 9100}},
		"no debounce":              {0, []int{0, 1, 2}, []int{0, 1, 2}},
		"a short one":              {5, []int{0, 2, 30}, []int{7, 35}},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Unix(1_000_000, 0)
			w := timing{quiet: time.Duration(c.quiet) * time.Millisecond}
			var due []int
			hand := func(until time.Time, last bool) {
				if at, ok := w.due(); ok && (last || at.Before(until)) {
					due = append(due, int(at.Sub(begin).Milliseconds()))
					w.taken()
				}
			}
			for _, ms := range c.changes {
				now := begin.Add(time.Duration(ms) * time.Millisecond)
				hand(now, false)
				w.note(now)
			}
			hand(time.Time{}, true)
			if !slices.Equal(due, c.due) {
				t.Errorf("handed over at %v, want %v", due, c.due)
			}
		})
	}
}

func TestHeld(t *testing.T) {
	begin := time.Unix(1_000_000, 0)
	w := timing{quiet: 100 * time.Millisecond}
	w.note(begin)
	w.hold(begin.Add(time.Second))
	if at, _ := w.due(); at != begin.Add(time.Second) {
		t.Errorf("due %v after the change", at.Sub(begin))
	}
	w.taken()
	w.note(begin.Add(2 * time.Second))
	if at, _ := w.due(); at != begin.Add(2*time.Second+lead) {
		t.Errorf("due %v after the first change", at.Sub(begin))
	}
}
