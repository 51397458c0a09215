package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

type runFlags struct {
	commandFlags
	sandboxFlags
	mounts  []string
	rm      bool
	learnTo string // a file: where what is asked of a filtered network is noted
}

func newCmdRun(a *app) *cobra.Command {
	var o runFlags
	c := &cobra.Command{
		Use:   "run [flags] [--] CMD [ARG...]",
		Short: "run a command in a sandbox of its own, gone afterwards",
		Long: `Runs one command in a new sandbox and removes the sandbox when the command ends.
It needs no configuration: without one it runs on this machine's own programs,
read-only, with the project writable.`,
		Example: `  sandbox run -- make test
  sandbox run --network none --image rootfs:./debian.tar -- /bin/sh
  sandbox run --mount type=bind,source=$HOME/.cache/go-build,target=/cache -e GOCACHE=/cache -- go build`,
		Args: command,
		RunE: func(c *cobra.Command, args []string) error { return a.run(c.Context(), o, args) },
	}
	f := c.Flags()
	o.sandboxFlags.add(f)
	f.StringArrayVar(&o.mounts, "mount", nil, "one more mount: `type=bind,source=DIR,target=DIR[,readonly]`, or type=volume, type=tmpfs")
	f.BoolVar(&o.rm, "rm", true, "remove the sandbox afterwards; always so")
	o.commandFlags.add(f)
	return c
}

func (a *app) run(ctx context.Context, o runFlags, args []string) error {
	if !o.rm {
		return &usageError{msg: "--rm=false: what run makes is always removed", paste: "sandbox up"}
	}
	command, err := o.command(a, args)
	if err != nil {
		return err
	}
	early := a.backend.early()
	defer early.Discard()
	s, project, err := a.planRun(o)
	if err != nil {
		return err
	}
	command.Dir, err = a.directory(o.dir, project, func() (string, error) {
		return s.Inside(), nil
	})
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	ctx, io, stop := a.withChild(ctx)
	defer stop()
	io.Early = early
	if o.learnTo != "" {
		io.Out = a.Err // standard output is for what was learned
		s.Net.LearnTo = o.learnTo
	}
	x, err := engine.Run(ctx, s, command, io, func(e spec.Event) { a.besideRun(e, o.network != "") })
	if err != nil {
		return because(ctx, err)
	}
	return exitCode(x.Code).orNil()
}

func (a *app) planRun(o runFlags) (s spec.Spec, project string, err error) {
	cwd, err := a.cwd()
	if err != nil {
		return s, "", err
	}
	extra, err := mounts(o.mounts, cwd)
	if err != nil {
		return s, "", err
	}
	p, err := a.project()
	if err != nil {
		return s, "", err
	}
	s, degraded, err := a.plan(p, o.overrides(), sandbox.Request{
		Trust: o.trust, Ephemeral: true, Anywhere: a.flags.project == "", Mounts: extra,
	})
	if err != nil {
		return s, "", err
	}
	if !a.flags.verbose { // every run would repeat them; but nobody looks for files that are not there
		degraded = slices.DeleteFunc(degraded, func(d spec.Degradation) bool { return d.What != "workspace" })
	}
	a.tellDegraded(degraded)
	return s, p.Dir, nil
}

// besideRun tells of a limit that does not hold in any case: whoever sets one counts on it. That there
// is no network is told to whoever asked for one, and to a person.
func (a *app) besideRun(e spec.Event, networkAsked bool) {
	if e.Kind == "degraded" && (e.Name == "limits" || e.Name == "network" && (networkAsked || a.story.Moving)) {
		a.story.Event(e)
		return
	}
	a.besideChild(e)
}

func (a *app) tellDegraded(all []spec.Degradation) {
	for _, d := range all {
		a.story.Event(spec.Event{Kind: "degraded", Name: d.What, Detail: d.Why})
	}
}
