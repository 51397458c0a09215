package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/early"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// tester carries out tests.
type tester struct {
	*app
	flags    testFlags
	engine   testEngine
	project  config.Project
	config   string // digest of the project's files of configuration
	cases    []testCase
	active   []int // of cases, those that are run
	replayed *testrun.Record
	commit   string       // whose files are seen; empty: the work tree's
	tree     testrun.Tree // those files, where that matters
	prepared []*sandbox.Pristine
	live     bool // the output is shown as it comes

	mu    sync.Mutex
	first *early.Process // begun with the program, for whoever comes first
	told  map[string]bool
	seen  map[int]int // of each case, how many runs failed
}

// prepare makes present what the cases need, each thing once.
func (t *tester) prepare(ctx context.Context) error {
	for i := range t.cases {
		c := &t.cases[i]
		p, err := t.engine.Pristine(ctx, c.spec, c.options, t.event)
		if err != nil {
			return err
		}
		t.prepared = append(t.prepared, p)
		c.around = testrun.Surroundings(p.Spec(), c.command())
		c.digest = c.around.Digest()
		if t.flags.cached {
			t.recall(c)
		}
	}
	return nil
}

func (t *tester) close() {
	for _, p := range t.prepared {
		p.Close()
	}
}

// event tells a thing once, however many runs it comes of.
func (t *tester) event(e spec.Event) {
	t.mu.Lock()
	known := t.told[e.Kind+e.Name+e.Detail]
	if t.told == nil {
		t.told = map[string]bool{}
	}
	t.told[e.Kind+e.Name+e.Detail] = e.Kind == "degraded" || e.Kind == "note"
	t.mu.Unlock()
	if !known {
		t.besideRun(e, true)
	}
}

// testWorker carries out one run after the other.
type testWorker struct {
	*tester
	next *early.Process
}

func (t *tester) worker() *testWorker {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := &testWorker{tester: t, next: t.first}
	t.first = nil
	return w
}

// Close ends what was begun for nobody.
func (w *testWorker) Close() { w.next.Discard() }

// Run carries out one run.
func (w *testWorker) Run(ctx context.Context, c, n int, more func() bool) (testrun.Run, error) {
	return w.run(ctx, w.active[c], n, more)
}

func (w *testWorker) run(ctx context.Context, c, n int, more func() bool) (testrun.Run, error) {
	var run testrun.Run
	out, collected, err := w.collect(&run.Output)
	if err != nil {
		return run, err
	}
	begun := w.next
	w.next = nil
	r := sandbox.PristineRun{
		Command: w.cases[c].command(), Timeout: w.cases[c].timeout,
		Streams: sandbox.Streams{Out: out, Err: out, Early: begun},
		Ahead: func() {
			if more() {
				w.next = early.Start()
			}
		},
	}
	w.wantArtifacts(c, n, &r, &run)
	if w.flags.keep {
		if r.Kept, err = w.prepared[c].Keep(); err != nil {
			return run, errors.Join(err, out.Close())
		}
	}
	x, err := w.prepared[c].Run(ctx, r)
	begun.Discard()
	_ = out.Close()
	<-collected
	run.Exit, run.Signal, run.Start, run.Elapsed = x.Code, x.Signal, x.Start, x.Elapsed
	run.Processes = x.Processes
	run.Status, err = statusOf(ctx, x, err)
	if run.Status == testrun.Broken {
		var service *sandbox.ServiceError
		if errors.As(err, &service) {
			_, _ = io.WriteString(&run.Output, strings.Join(append(service.Tail, ""), "\n"))
		}
		run.Error, err = err.Error(), nil
	}
	if r.Kept != nil {
		err = errors.Join(err, w.stay(c, r.Kept, &run))
	}
	return run, err
}

// stay keeps the sandbox of a run that did not pass.
func (w *testWorker) stay(c int, k *sandbox.KeptRun, run *testrun.Run) error {
	if run.Status != testrun.Failed && run.Status != testrun.TimedOut {
		return k.Drop()
	}
	id, _, err := k.Stay(w.cases[c].name)
	if err == nil {
		run.Kept = id
	}
	return err
}

// statusOf tells how a run ended; an error that is not the test's own ends everything.
func statusOf(ctx context.Context, x sandbox.PristineExit, err error) (testrun.Status, error) {
	var command *sandbox.CommandError
	var dir *sandbox.DirError
	var service *sandbox.ServiceError
	switch {
	case ctx.Err() != nil:
		return testrun.Ended, nil
	case errors.As(err, &command), errors.As(err, &dir), errors.As(err, &service):
		return testrun.Broken, err
	case err != nil:
		return "", err
	case x.TimedOut:
		return testrun.TimedOut, nil
	case x.Code != 0:
		return testrun.Failed, nil
	}
	return testrun.Passed, nil
}

// collect reads what is written to the descriptor until nobody has it open any more.
func (w *testWorker) collect(into *testrun.Output) (*os.File, <-chan struct{}, error) {
	r, out, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	var to io.Writer = into
	if w.live {
		to = io.MultiWriter(into, w.Err)
	}
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(to, r)
		_ = r.Close()
		close(done)
	}()
	return out, done, nil
}
