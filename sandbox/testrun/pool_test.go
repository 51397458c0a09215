package testrun

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// player answers what a function says, and counts.
type player struct {
	run           func(ctx context.Context, c, n int) (Run, error)
	now, most     *atomic.Int32
	closed, asked *atomic.Int32
}

func newPlayer(run func(ctx context.Context, c, n int) (Run, error)) player {
	return player{run, new(atomic.Int32), new(atomic.Int32), new(atomic.Int32), new(atomic.Int32)}
}

func (p player) worker() Worker { return p }

func (p player) Run(ctx context.Context, c, n int, more func() bool) (Run, error) {
	p.most.Store(max(p.most.Load(), p.now.Add(1)))
	defer p.now.Add(-1)
	if more() {
		p.asked.Add(1)
	}
	return p.run(ctx, c, n)
}

func (p player) Close() { p.closed.Add(1) }

func passes(context.Context, int, int) (Run, error) { return Run{Status: Passed}, nil }

func TestAllRunsEachCaseAsOftenAsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlayer(func(_ context.Context, c, n int) (Run, error) {
			time.Sleep(time.Duration(n+c) * time.Millisecond)
			return Run{Status: Passed}, nil
		})
		told := 0
		runs, err := All(t.Context(), Schedule{Cases: 3, Repeat: 20, Jobs: 4}, p.worker, func(Run) { told++ })
		if err != nil {
			t.Fatal(err)
		}
		if told != 60 {
			t.Errorf("told of %d runs", told)
		}
		for c, list := range runs {
			if len(list) != 20 {
				t.Fatalf("case %d: %d runs", c, len(list))
			}
			for i, r := range list {
				if r.N != i+1 || r.Case != c {
					t.Errorf("case %d, place %d: run %d of case %d", c, i, r.N, r.Case)
				}
			}
		}
		if p.most.Load() != 4 || p.closed.Load() != 4 {
			t.Errorf("%d at once, %d workers closed; want 4", p.most.Load(), p.closed.Load())
		}
	})
}

func TestAllHasNoMoreWorkersThanRuns(t *testing.T) {
	p := newPlayer(passes)
	if _, err := All(t.Context(), Schedule{Cases: 2, Jobs: 8}, p.worker, func(Run) {}); err != nil {
		t.Fatal(err)
	}
	if p.closed.Load() != 2 {
		t.Errorf("%d workers for two runs", p.closed.Load())
	}
}

func TestAllTellsWhetherThereIsMore(t *testing.T) {
	p := newPlayer(passes)
	if _, err := All(t.Context(), Schedule{Cases: 1, Repeat: 5, Jobs: 1}, p.worker, func(Run) {}); err != nil {
		t.Fatal(err)
	}
	if p.asked.Load() != 4 {
		t.Errorf("there was more to come %d times, want 4: after each but the last", p.asked.Load())
	}
}

func TestFailFastEndsEveryCase(t *testing.T) {
	p := newPlayer(func(_ context.Context, c, n int) (Run, error) {
		if c == 1 && n == 3 {
			return Run{Status: Failed}, nil
		}
		return Run{Status: Passed}, nil
	})
	runs, err := All(t.Context(), Schedule{Cases: 2, Repeat: 100, Jobs: 1, FailFast: true}, p.worker, func(Run) {})
	if err != nil || len(runs[0])+len(runs[1]) != 6 {
		t.Errorf("%d and %d runs, %v; want 3 each", len(runs[0]), len(runs[1]), err)
	}
}

func TestUntilFailGoesOnWithoutANumber(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		p := newPlayer(func(_ context.Context, c, n int) (Run, error) {
			if c == 0 && n == 40 || c == 1 && n == 7 {
				return Run{Status: TimedOut}, nil
			}
			return Run{Status: Passed}, nil
		})
		runs, err := All(t.Context(), Schedule{Cases: 2, Jobs: jobs, UntilFail: true}, p.worker, func(Run) {})
		if err != nil {
			t.Fatal(err)
		}
		for c, want := range []int{40, 7} {
			// Those that begin before the failure is known are counted too: side by side that may be any number.
			if n := len(runs[c]); n < want || jobs == 1 && n != want {
				t.Errorf("case %d: %d runs, want %d", c, n, want)
			}
			if Judge(runs[c]) != Flaky {
				t.Errorf("case %d is %s", c, Judge(runs[c]))
			}
		}
	}
}

func TestUntilFailEndsWithItsNumber(t *testing.T) {
	p := newPlayer(passes)
	runs, err := All(t.Context(), Schedule{Cases: 1, Repeat: 9, Jobs: 2, UntilFail: true}, p.worker, func(Run) {})
	if err != nil || len(runs[0]) != 9 {
		t.Errorf("%d runs, %v", len(runs[0]), err)
	}
}

func TestAnErrorEndsEverything(t *testing.T) {
	broken := errors.New("no sandbox")
	var once sync.Once
	p := newPlayer(func(ctx context.Context, _, _ int) (Run, error) {
		var err error
		once.Do(func() { err = broken })
		if err == nil {
			<-ctx.Done()
			return Run{Status: Ended}, nil
		}
		return Run{}, err
	})
	runs, err := All(t.Context(), Schedule{Cases: 1, Repeat: 1000, Jobs: 4}, p.worker, func(Run) {})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if len(runs[0]) > 3 || p.closed.Load() != 4 {
		t.Errorf("%d runs, %d workers closed", len(runs[0]), p.closed.Load())
	}
}

func TestCancellingEndsEverything(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlayer(func(_ context.Context, _, n int) (Run, error) {
		if n == 5 {
			cancel()
			return Run{Status: Ended}, nil
		}
		return Run{Status: Passed}, nil
	})
	runs, err := All(ctx, Schedule{Cases: 1, Jobs: 1, UntilFail: true}, p.worker, func(Run) {})
	if !errors.Is(err, context.Canceled) || len(runs[0]) != 5 {
		t.Errorf("%d runs, %v", len(runs[0]), err)
	}
}

func TestOfManyRunsFewOutputsAreKept(t *testing.T) {
	p := newPlayer(func(_ context.Context, _, n int) (Run, error) {
		r := Run{Status: Passed, Output: printed("out")}
		if n%2 == 0 {
			r.Status = Failed
		}
		return r, nil
	})
	runs, err := All(t.Context(), Schedule{Cases: 1, Repeat: 200, Jobs: 1}, p.worker, func(Run) {})
	if err != nil {
		t.Fatal(err)
	}
	kept := map[Status]int{}
	for _, r := range runs[0] {
		if string(r.Output.Bytes()) == "out" {
			kept[r.Status]++
		}
	}
	if kept[Passed] != 1 || kept[Failed] != keptFailures {
		t.Errorf("kept are %v", kept)
	}
	for _, first := range []func([]Run) (Run, bool){FirstGood, FirstBad} {
		if r, ok := first(runs[0]); !ok || string(r.Output.Bytes()) != "out" {
			t.Errorf("run %d, which is shown, has no output", r.N)
		}
	}
}
