package testrun

import (
	"context"
	"runtime"
	"slices"
	"sync"
)

// Schedule is what to run, and when to stop.
type Schedule struct {
	Cases  int
	Repeat int // runs of each case; at least 1
	Jobs   int // side by side; at least 1
	// FailFast stops after the first run that does not pass, of whatever case; UntilFail after the first of
	// each case, and without a number of repetitions goes on until then.
	FailFast, UntilFail bool
}

// Worker carries out runs one after the other on a thread of its own.
type Worker interface {
	// Run carries out run n of a case. more reports whether this worker will be asked for another one.
	Run(ctx context.Context, c, n int, more func() bool) (Run, error)
	Close()
}

// All carries out a schedule. done is told of each run as it ends, one at a time; the answer
// has the runs of each case in the order of their numbers. An error of a worker ends everything.
func All(ctx context.Context, s Schedule, worker func() Worker, done func(Run)) ([][]Run, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q := &queue{schedule: s, next: make([]int, s.Cases), good: make([]int, s.Cases), failures: make([]int, s.Cases), runs: make([][]Run, s.Cases)}
	var wg sync.WaitGroup
	for range max(1, min(s.Jobs, q.most())) {
		wg.Go(func() {
			runtime.LockOSThread() // what it starts lives as long as the thread
			defer runtime.UnlockOSThread()
			w := worker()
			defer w.Close()
			q.work(ctx, w, done, cancel)
		})
	}
	wg.Wait()
	for _, runs := range q.runs {
		slices.SortFunc(runs, func(a, b Run) int { return a.N - b.N })
	}
	if err := context.Cause(ctx); err != nil {
		return q.runs, err
	}
	return q.runs, nil
}

// keptFailures is of how many runs of a case that fail the output is kept; of those that pass it is one.
const keptFailures = 20

// queue hands out what is to be run.
type queue struct {
	mu       sync.Mutex
	schedule Schedule
	at       int   // the case to look at first
	next     []int // of each case, how many were handed out
	good     []int // of each case, how many passed
	failures []int // and how many did not
	stopped  bool
	runs     [][]Run
}

// most is how many runs there can be at all.
func (q *queue) most() int {
	if q.endless() {
		return 1 << 20
	}
	return q.schedule.Cases * max(1, q.schedule.Repeat)
}

func (q *queue) endless() bool { return q.schedule.UntilFail && q.schedule.Repeat == 0 }

// take gives the next run; not ok when there is none. Cases take turns.
func (q *queue) take(really bool) (c, n int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.schedule.Cases {
		c := (q.at + i) % q.schedule.Cases
		if q.stopped || q.schedule.UntilFail && q.failures[c] > 0 || !q.endless() && q.next[c] >= max(1, q.schedule.Repeat) {
			continue
		}
		if really {
			q.next[c]++
			q.at = c + 1
		}
		return c, q.next[c], true
	}
	return 0, 0, false
}

func (q *queue) work(ctx context.Context, w Worker, done func(Run), cancel context.CancelCauseFunc) {
	for ctx.Err() == nil {
		c, n, ok := q.take(true)
		if !ok {
			return
		}
		run, err := w.Run(ctx, c, n, func() bool {
			_, _, ok := q.take(false)
			return ok
		})
		if err != nil {
			cancel(err)
			return
		}
		run.Case, run.N = c, n
		q.put(run, done)
	}
}

func (q *queue) put(run Run, done func(Run)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if good, bad := q.good[run.Case], q.failures[run.Case]; run.Status == Passed && good > 0 || run.Status.Bad() && bad >= keptFailures {
		run.Output.Forget()
	}
	q.runs[run.Case] = append(q.runs[run.Case], run)
	if run.Status == Passed {
		q.good[run.Case]++
	}
	if run.Status.Bad() {
		q.failures[run.Case]++
		q.stopped = q.stopped || q.schedule.FailFast
	}
	done(run)
}
