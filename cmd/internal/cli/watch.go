package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// watchFlags are those of watch. What a rule of the configuration says counts unless
// the flag was given.
type watchFlags struct {
	commandFlags
	up       upFlags
	paths    []string
	ignore   []string
	debounce string
	onBusy   string
	clear    bool
	initial  bool
	notify   bool
	once     bool
	json     bool
	poll     time.Duration
	given    func(flag string) bool
	check    func() error // whether the configuration as it is now could be taken
}

func newCmdWatch(a *app) *cobra.Command {
	var o watchFlags
	c := &cobra.Command{
		Use:   "watch [flags] [NAME...] [-- CMD [ARG...]]",
		Short: "run a command inside on every change of the project's files",
		Long: `Runs a command in the project's sandbox now and each time that files of the project
change, inside or outside. Without CMD the rules below watch in the configuration run,
those that are named or all of them. A sandbox that does not run is brought up first.

What git ignores, directories such as node_modules and the passing files of editors do
not count. {changed} in CMD stands for the changed files, as does $SANDBOX_CHANGED, one a
line; both are a single dot where anything may have changed. In a terminal Enter runs again, u
and Enter takes a change of the configuration; Ctrl-C ends it.`,
		Example: `  sandbox watch -- go test ./...
  sandbox watch --paths '**/*.{ts,tsx}' --on-busy queue -- npx eslint {changed}
  sandbox watch unit lint
  sandbox watch --once -- make`,
		ValidArgsFunction: completing(a.ruleNames),
		RunE: func(c *cobra.Command, args []string) error {
			names, command := args, []string(nil)
			if dash := c.ArgsLenAtDash(); dash >= 0 {
				names, command = args[:dash], args[dash:]
				if len(command) == 0 {
					return &usageError{msg: "nothing to run after --", paste: "sandbox watch -- make test"}
				}
			}
			o.given = c.Flags().Changed
			return a.watch(c.Context(), o, names, command)
		},
	}
	o.addWatch(c.Flags())
	return c
}

func (o *watchFlags) addWatch(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringArrayVar(&o.paths, "paths", nil, "only files that match `GLOB`, such as 'src/**/*.go'; may be repeated")
	f.StringArrayVar(&o.ignore, "ignore", nil, "not what this `LINE` of a .gitignore names; ! takes back; may be repeated")
	f.StringVar(&o.debounce, "debounce", "", "take changes for complete after this `TIME` of quiet (default: 100ms)")
	f.StringVar(&o.onBusy, "on-busy", "restart", "what a change does while the command runs: `restart|queue|ignore`")
	f.BoolVar(&o.clear, "clear", false, "clear the terminal before each run")
	f.BoolVar(&o.initial, "initial", true, "run once before the first change")
	f.BoolVar(&o.once, "once", false, "wait for one change, run, and end with the command's exit code")
	f.BoolVar(&o.notify, "notify", false, "tell by the terminal of a failure, and of the success after it")
	f.DurationVar(&o.poll, "poll", 0, "look at the files every `TIME` instead of asking the kernel (alone: 1s)")
	f.Lookup("poll").NoOptDefVal = "1s"
	f.BoolVar(&o.json, "json", false, "what happens as JSON on standard output, one object a line")
	f.StringVarP(&o.user, "user", "u", "", "run as `USER`: a name or an id inside, optionally :GROUP")
	f.BoolVar(&o.root, "root", false, "run as user 0 inside")
	f.StringVarP(&o.dir, "workdir", "w", "", "run in `DIR`; a relative one starts at the project")
	f.StringArrayVarP(&o.env, "env", "e", nil, "set `KEY=VALUE`, or KEY with the value it has here")
	o.up.add(f)
}

func (a *app) watch(ctx context.Context, o watchFlags, names, command []string) error {
	_, p, err := a.sandboxID()
	if err != nil {
		return err
	}
	return a.watchRounds(ctx, p, o, names, command, false)
}

// upAndWatch is up, and then all rules.
func (a *app) upAndWatch(ctx context.Context, p config.Project, up upFlags) error {
	if up.json {
		return usagef("--watch and --json exclude each other: sandbox watch --json")
	}
	return a.watchRounds(ctx, p, watchFlags{up: up, given: func(string) bool { return false }}, nil, nil, true)
}

// watchRounds watches until somebody ends it. Each time that a change of the configuration is taken
// it begins anew: with up, and with the rules as they are then.
func (a *app) watchRounds(ctx context.Context, p config.Project, o watchFlags, names, command []string, up bool) error {
	o.check = func() error {
		_, err := a.load(p, o.up.overrides())
		if err == nil {
			_, err = a.watchRules(o, p, names, command)
		}
		return err
	}
	for again := false; ; again = true {
		rules, err := a.watchRules(o, p, names, command)
		if err != nil {
			return err
		}
		e, info, err := a.present(ctx, p, o.up, up || again)
		switch {
		case err != nil && again && info.Status == spec.Running: // as it was, or nearly
			a.report(err)
		case err != nil:
			return err
		}
		if err = a.watchIn(ctx, e, info, o, rules); !errors.Is(err, errTakeChange) {
			return err
		}
		o.up.recreate, o.up.rebuild = false, false // which was done
	}
}

// present is the project's sandbox, which runs: brought up where it does not, or where up is asked for.
func (a *app) present(ctx context.Context, p config.Project, flags upFlags, up bool) (engine, spec.Info, error) {
	e, err := a.backend.open()
	if err != nil {
		return nil, spec.Info{}, err
	}
	id := a.backend.id(p.Dir, a.flags.name)
	info, err := e.Inspect(ctx, id)
	if err != nil && !errors.Is(err, sandbox.ErrNotFound) {
		return nil, info, err
	}
	if up || err != nil || info.Status != spec.Running {
		_, failed := a.up(ctx, p, flags)
		if info, err = e.Inspect(ctx, id); failed != nil {
			err = failed
		}
	}
	return e, info, err
}

// watchRules are the rules that were asked for, with the flags over them.
func (a *app) watchRules(o watchFlags, p config.Project, names, command []string) ([]*watchRule, error) {
	if len(command) > 0 {
		if len(names) > 0 {
			return nil, usagef("%q and a command: a rule has its own", names[0])
		}
		r := config.NewWatchRule()
		r.Run.Exec = command
		return a.finishRules(o, p, []*watchRule{{name: "watch", WatchRule: r, adHoc: true}})
	}
	loaded, err := a.load(p, o.up.overrides())
	if err != nil {
		return nil, err
	}
	all := loaded.Config.Watch
	if len(names) == 0 {
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	if len(names) == 0 {
		return nil, &usageError{msg: "nothing to watch for: there are no rules below watch in the configuration", paste: "sandbox watch -- make test"}
	}
	var rules []*watchRule
	for _, name := range slices.Compact(names) {
		r, ok := all[name]
		if !ok {
			return nil, noRule(name, all)
		}
		rules = append(rules, &watchRule{name: name, WatchRule: r})
	}
	return a.finishRules(o, p, rules)
}

func noRule(name string, all map[string]config.WatchRule) error {
	var known []string
	for k := range all {
		known = append(known, k)
	}
	slices.Sort(known)
	if near := nearest(name, known); near != "" {
		return &usageError{msg: "no rule " + quote(name) + " below watch in the configuration", paste: "sandbox watch " + near}
	}
	return &usageError{msg: "no rule " + quote(name) + " below watch in the configuration; a command stands after --", paste: "sandbox watch -- " + quote(name)}
}

// finishRules lays the flags over the rules and decides where each runs.
func (a *app) finishRules(o watchFlags, p config.Project, rules []*watchRule) ([]*watchRule, error) {
	if o.once && len(rules) > 1 {
		return nil, usagef("--once: name one of the rules")
	}
	if o.given("poll") && o.poll < 10*time.Millisecond {
		return nil, usagef("--poll %s: at least 10ms", o.poll)
	}
	command, err := o.command(a, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		if err := r.override(o); err != nil {
			return nil, err
		}
		r.command = command
		r.command.TTY = false
		r.place = o.dir
		if r.adHoc && o.dir == "" {
			if r.place, err = a.below(p.Dir); err != nil {
				return nil, err
			}
		}
	}
	return rules, nil
}
