package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// testEngine is what test needs of sandbox.Engine.
type testEngine interface {
	Pristine(context.Context, spec.Spec, sandbox.PristineOptions, func(spec.Event)) (*sandbox.Pristine, error)
	Checkout(context.Context, spec.Spec, string) (sandbox.Checkout, error)
	Reordered(context.Context, string, uint64) (string, func(), error)
	TestPlaces() sandbox.TestPlaces
	EnterKept(context.Context, string, func(spec.Event)) (string, error)
}

type testFlags struct {
	sandboxFlags
	env       []string
	repeat    int
	jobs      int
	failFast  bool
	untilFail bool
	timeout   time.Duration
	artifacts string
	matrix    bool
	json      bool
	at        string
	keep      bool
	cached    bool
	shuffle   bool
	seed      uint64
	junit     string
	record    string
	replay    string
}

func newCmdTest(a *app) *cobra.Command {
	var o testFlags
	c := &cobra.Command{
		Use:   "test [flags] [NAME...] [-- CMD [ARG...]]",
		Short: "run tests, each in a pristine sandbox over a copy-on-write view of the project",
		Long: `Runs the tests that the configuration names, all of them or those that are named. Each
run starts from the same: the image, the project as it is, an empty home, no network, a fixed
host name, user, locale, time zone and umask. What it writes is thrown away; artifacts
come out by copy. Without tests in the configuration it runs what fits the project's files,
or the command behind --.`,
		Example: `  sandbox test
  sandbox test unit
  sandbox test --repeat 100 --jobs 4 -- go test -run TestFlaky ./server
  sandbox test --shuffle unit
  sandbox test --at v1.2.0 --junit report.xml`,
		RunE: func(c *cobra.Command, args []string) error {
			names, command := args, []string(nil)
			if at := c.ArgsLenAtDash(); at >= 0 {
				names, command = args[:at], args[at:]
			}
			return a.test(c.Context(), o, names, command)
		},
	}
	o.add(c.Flags())
	return c
}

func (o *testFlags) add(f *pflag.FlagSet) {
	f.SortFlags = false
	f.IntVar(&o.repeat, "repeat", 0, "run each test `N` times, to find out whether it is flaky")
	f.IntVarP(&o.jobs, "jobs", "j", 1, "run `N` at once")
	f.BoolVar(&o.untilFail, "until-fail", false, "repeat each test until it fails; at most --repeat times, if given")
	f.BoolVar(&o.failFast, "fail-fast", false, "stop after the first run that fails")
	f.DurationVar(&o.timeout, "timeout", 0, "ask for stacks (SIGQUIT) and end what takes longer than `D`: 90s, 10m")
	f.BoolVar(&o.matrix, "matrix", false, "over each image, version and value of test.matrix")
	f.BoolVar(&o.shuffle, "shuffle", false, "vary what no test should depend on, and name what one depends on")
	f.Uint64Var(&o.seed, "seed", 0, "what --shuffle draws from: the `N` of an earlier run repeats it")
	f.StringVar(&o.at, "at", "", "the files of the commit `REV` instead of those of the work tree")
	f.BoolVar(&o.cached, "cached", false, "do not run what has passed with the same inputs")
	f.BoolVar(&o.keep, "keep", false, "keep the sandbox of a run that fails, for sandbox shell --run ID")
	f.StringVar(&o.junit, "junit", "", "write the results to `FILE` as JUnit XML")
	f.StringVar(&o.record, "record", "", "write to `FILE` what was run and how it went")
	f.StringVar(&o.replay, "replay", "", "run what the record `FILE` says, and compare")
	f.StringVar(&o.artifacts, "artifacts", "", "copy artifacts to `DIR`/NAME instead of into the project")
	f.StringArrayVarP(&o.env, "env", "e", nil, "set `KEY=VALUE`, or KEY with the value it has here")
	f.BoolVar(&o.json, "json", false, "results on standard output as JSON")
	o.sandboxFlags.add(f)
}

func (o *testFlags) check() error {
	switch {
	case o.repeat < 0 || o.repeat > 1_000_000:
		return usagef("--repeat %d: 1 to 1000000", o.repeat)
	case o.jobs < 1 || o.jobs > 1000:
		return usagef("--jobs %d: 1 to 1000", o.jobs)
	case o.timeout < 0:
		return usagef("--timeout %v: a time above 0", o.timeout)
	case o.shuffle && (o.untilFail || o.keep || o.cached || o.replay != ""):
		return usagef("--shuffle goes with neither --until-fail, --keep, --cached nor --replay")
	case o.replay != "" && (o.matrix || o.cached || o.network != ""):
		return usagef("--replay goes with neither --matrix, --cached nor --network: the record says what is run")
	case o.seed != 0 && !o.shuffle:
		return usagef("--seed goes with --shuffle")
	}
	return nil
}

func (a *app) test(parent context.Context, o testFlags, names, command []string) error {
	if err := o.check(); err != nil {
		return err
	}
	t := &tester{app: a, flags: o}
	var err error
	if o.replay != "" {
		if len(names)+len(command) > 0 {
			return usagef("--replay runs what the record says: no names and no command")
		}
		if t.replayed, err = readRecord(o.replay); err != nil {
			return err
		}
	}
	t.first = a.backend.early()
	defer func() { t.first.Discard() }()
	if err := t.plan(names, command); err != nil {
		return err
	}
	if t.engine, err = a.backend.tests(); err != nil {
		return err
	}
	ctx, stop := interruptible(parent)
	defer stop()
	defer t.close()
	if err := t.look(ctx); err != nil {
		return because(ctx, err)
	}
	if o.shuffle {
		return t.shuffleAll(ctx)
	}
	if err := t.prepare(ctx); err != nil {
		return because(ctx, err)
	}
	runs, err := t.all(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = because(ctx, err)
	}
	return errors.Join(t.report(runs), err)
}

// all carries out every run, but of what has passed with the same inputs.
func (t *tester) all(ctx context.Context) ([][]testrun.Run, error) {
	for i, c := range t.cases {
		if c.passed == nil {
			t.active = append(t.active, i)
		}
	}
	s := testrun.Schedule{
		Cases: len(t.active), Repeat: t.flags.repeat, Jobs: t.flags.jobs,
		FailFast: t.flags.failFast, UntilFail: t.flags.untilFail,
	}
	all := make([][]testrun.Run, len(t.cases))
	if s.Cases == 0 {
		return all, nil
	}
	t.live = s.Cases == 1 && s.Repeat <= 1 && !s.UntilFail && !t.flags.json
	runs, err := testrun.All(ctx, s, func() testrun.Worker { return t.worker() }, t.ended)
	for i, list := range runs {
		all[t.active[i]] = list
	}
	return all, err
}
