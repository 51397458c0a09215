package cli

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
	"github.com/rootless-sandbox/sandbox/userns"
)

// shuffledRuns is how many runs --shuffle makes without --repeat.
const shuffledRuns = 10

// shuffleAll runs each case as usual, then with other surroundings, and finds out which
// of them a failure depends on.
func (t *tester) shuffleAll(ctx context.Context) error {
	var results []testResult
	failed := false
	for i := range t.cases {
		s := &shuffler{tester: t, ctx: ctx, result: testResult{testCase: t.cases[i], Shuffle: &testrun.Shuffled{Seed: t.flags.seed}}}
		if s.result.Shuffle.Seed == 0 {
			s.result.Shuffle.Seed = rand.Uint64N(1 << 32)
		}
		if err := s.all(); err != nil {
			return because(ctx, err)
		}
		failed = failed || s.result.Verdict != testrun.AllPassed
		results = append(results, s.result)
	}
	if err := t.answer(results); err != nil {
		return err
	}
	if failed {
		return exitCode(exitFailed)
	}
	return nil
}

// shuffler varies one case.
type shuffler struct {
	*tester
	ctx     context.Context
	result  testResult
	ordered bool
	cpus    []int
	anytime bool // nothing depends on the time of start: nobody waits for one
}

func (s *shuffler) all() error {
	out := s.result.Shuffle
	usual, err := s.run(nil)
	if err != nil {
		return err
	}
	s.result.Runs = append(s.result.Runs, usual)
	if s.result.Verdict = testrun.Judge(s.result.Runs); s.result.Verdict != testrun.AllPassed {
		s.showOutput(usual)
		return nil
	}
	s.variable()
	n := s.flags.repeat
	if n == 0 {
		n = shuffledRuns
	}
	for out.Runs = 1; out.Runs <= n; out.Runs++ {
		factors := testrun.Draw(out.Seed, out.Runs, testrun.DrawOptions{CPUs: len(s.cpus), Ordered: s.ordered})
		r, err := s.run(factors)
		if err != nil {
			return err
		}
		r.N = out.Runs
		s.result.Runs = append(s.result.Runs, r)
		if r.Status.Bad() {
			s.showOutput(r)
			return s.blame(factors)
		}
	}
	out.Runs--
	return nil
}

// blame: with these the run failed. A failure that does not come again is flaky.
func (s *shuffler) blame(factors []testrun.Factor) error {
	out := s.result.Shuffle
	out.Factors = factors
	fails := func(some []testrun.Factor) (bool, error) {
		r, err := s.run(some)
		return r.Status.Bad(), err
	}
	again, err := fails(factors)
	if err != nil {
		return err
	}
	usual, err := fails(nil)
	if err != nil {
		return err
	}
	if !again || usual {
		s.result.Verdict = testrun.Flaky
		return nil
	}
	s.result.Verdict = testrun.Dependent
	rest := slices.DeleteFunc(slices.Clone(factors), func(f testrun.Factor) bool { return f.Name == testrun.FactorStart })
	if s.anytime, err = fails(rest); err != nil {
		return err
	}
	if s.anytime {
		factors = rest
	}
	out.Cause, err = testrun.Cause(factors, fails)
	return err
}

// variable finds out what can be varied here.
func (s *shuffler) variable() {
	out, c := s.result.Shuffle, s.result.testCase
	s.cpus, _ = userns.Processors()
	if len(s.cpus) < 2 {
		out.Fixed = append(out.Fixed, testrun.FactorCPUs+": there is one")
	}
	if c.base.User.Mode != spec.UserKeep || c.base.User.UID == 0 {
		out.Fixed = append(out.Fixed, testrun.FactorUser+": the image's")
	}
	switch _, done, err := s.engine.Reordered(s.ctx, s.files(), 1); {
	case err == nil && c.base.Top() == c.base.Project:
		done()
		s.ordered = true
	case err == nil:
		done()
		out.Fixed = append(out.Fixed, testrun.FactorOrder+": not with workspace.root: git")
	default:
		out.Fixed = append(out.Fixed, err.Error())
	}
	for _, why := range out.Fixed {
		s.story.Note(s.result.title() + ": not varied: " + why)
	}
}

// files are those that the test sees.
func (s *shuffler) files() string {
	if s.result.options.Source != "" {
		return s.result.options.Source
	}
	return s.project.Dir
}

// A run that begins much later than it was to, on a busy machine, shows nothing of the time of start.
const (
	punctual    = 200 * time.Millisecond
	maxAttempts = 5
)

// run is one run with some of the factors, which began when it was to: at last whenever that is.
func (s *shuffler) run(factors []testrun.Factor) (testrun.Run, error) {
	if s.anytime {
		r, _, err := s.attempt(factors)
		return r, err
	}
	return inTime(func() (testrun.Run, time.Duration, error) { return s.attempt(factors) })
}

func inTime(attempt func() (testrun.Run, time.Duration, error)) (testrun.Run, error) {
	for n := 1; ; n++ {
		r, late, err := attempt()
		if err != nil || late < punctual || n == maxAttempts {
			return r, err
		}
	}
}

// attempt is one run, and how late it began.
func (s *shuffler) attempt(factors []testrun.Factor) (testrun.Run, time.Duration, error) {
	c := s.result.testCase
	done, err := s.apply(factors, &c.options)
	if err != nil {
		return testrun.Run{}, 0, err
	}
	defer done()
	c.spec = sandbox.PristineSpec(c.base, c.options)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t := &tester{app: s.app, flags: s.flags, engine: s.engine, project: s.project, cases: []testCase{c}, first: s.first, told: s.told}
	s.first = nil
	t.flags.repeat = 0
	defer t.close()
	if err := t.prepare(s.ctx); err != nil {
		return testrun.Run{}, 0, err
	}
	if factors == nil {
		s.result.around, s.result.digest, s.result.spec = t.cases[0].around, t.cases[0].digest, t.cases[0].spec
	}
	w := t.worker()
	defer w.Close()
	late := s.startAt(factors)
	r, err := w.run(s.ctx, 0, 1, func() bool { return false })
	s.told = t.told
	if r.Status == testrun.Ended && err == nil {
		err = context.Cause(s.ctx)
	}
	return r, late + r.Start, err
}

// usualStart is when runs begin without another time of start: early in a second, so that all of them are alike.
const usualStart = 50 * time.Millisecond

// startAt waits for the time of start, after a full second, and answers how much later it is now.
func (s *shuffler) startAt(factors []testrun.Factor) (late time.Duration) {
	at := usualStart
	for _, f := range factors {
		if f.Name == testrun.FactorStart {
			at, _ = time.ParseDuration(f.Value)
		}
	}
	if s.anytime {
		return 0
	}
	now := time.Now()
	until := untilWithin(now, at)
	timer := time.NewTimer(until)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
	return time.Since(now.Add(until))
}

// untilWithin is how long it is until so much of a second has passed.
func untilWithin(now time.Time, at time.Duration) time.Duration {
	return (at - time.Duration(now.Nanosecond()) + time.Second) % time.Second
}

// apply turns factors into what a run is given.
func (s *shuffler) apply(factors []testrun.Factor, o *sandbox.PristineOptions) (done func(), err error) {
	done = func() {}
	for _, f := range factors {
		number, _ := strconv.ParseUint(f.Value, 0, 64)
		switch f.Name {
		case testrun.FactorHost:
			o.Hostname = f.Value
		case testrun.FactorUser:
			o.UserName = f.Value
		case testrun.FactorZone:
			o.TimeZone = f.Value
		case testrun.FactorLocale:
			o.Locale = f.Value
		case testrun.FactorUmask:
			o.Umask = int(number)
		case testrun.FactorEpoch:
			o.Epoch = int64(number)
		case testrun.FactorCPUs:
			o.CPUs = s.cpus[:min(len(s.cpus), int(number))]
		case testrun.FactorOrder:
			if o.Source, done, err = s.engine.Reordered(s.ctx, s.files(), number); err != nil {
				return func() {}, err
			}
		}
	}
	return done, nil
}

// shuffleWords say what a test depends on.
func shuffleWords(r testResult) string {
	s := r.Shuffle
	again := " (seed " + strconv.FormatUint(s.Seed, 10) + ")"
	switch r.Verdict {
	case testrun.Dependent:
		var words []string
		for _, f := range s.Cause {
			words = append(words, f.String())
		}
		return "depends on: " + strings.Join(words, ", together with ") + again
	case testrun.Flaky:
		return "failed once, and not again with the same surroundings" + again
	}
	return "the same in " + plural(s.Runs, "other surroundings", "other surroundings") + ", " + ui.Duration(testrun.Median(r.Runs)) + " each" + again
}
