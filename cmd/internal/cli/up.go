package cli

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

type upFlags struct {
	sandboxFlags
	recreate bool
	rebuild  bool
	frozen   bool
	json     bool
	watch    bool
	wait     bool
}

func newCmdUp(a *app) *cobra.Command {
	var o upFlags
	c := &cobra.Command{
		Use:   "up [flags]",
		Short: "make or start the project's sandbox",
		Long: `Makes the project's sandbox or starts it, and runs the hooks that are due. On a
running and unchanged sandbox it answers at once. Of a changed configuration it
says what changed, and does only what that needs; before it throws away what was
written inside it asks.`,
		Example: `  sandbox up
  sandbox up --recreate
  sandbox up --name experiment --network none`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.upVerb(c.Context(), o) },
	}
	f := c.Flags()
	o.add(f)
	f.BoolVar(&o.recreate, "recreate", false, "throw the old one away first, with all that was written inside")
	f.BoolVar(&o.rebuild, "rebuild", false, "look for the image anew and install packages and features anew, then as if it had changed")
	f.BoolVar(&o.frozen, "frozen", false, "refuse features that devcontainer-lock.json does not say exactly, instead of writing it")
	f.BoolVar(&o.wait, "wait", false, "for all hooks, whatever waitFor in devcontainer.json says")
	f.BoolVar(&o.watch, "watch", false, "then run what watch says in the configuration on each change, until Ctrl-C")
	f.BoolVar(&o.json, "json", false, "describe the sandbox on standard output as JSON")
	return c
}

func (a *app) upVerb(ctx context.Context, o upFlags) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	if o.watch {
		return a.upAndWatch(ctx, p, o)
	}
	info, err := a.up(ctx, p, o)
	if err != nil || !o.json {
		return err
	}
	return ui.JSON(a.Out, info)
}

// up brings the sandbox of p up and tells the story of it.
func (a *app) up(ctx context.Context, p config.Project, o upFlags) (spec.Info, error) {
	if o.rebuild {
		a.ask = sandbox.AskAnew
	}
	s, degraded, err := a.plan(p, o.overrides(), sandbox.Request{
		Trust: o.trust, Find: sandbox.FindOptions{Refresh: o.rebuild, Frozen: o.frozen, Lock: !o.frozen},
	})
	if err != nil {
		return spec.Info{}, err
	}
	engine, err := a.backend.open()
	if err != nil {
		return spec.Info{}, err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	options := sandbox.UpOptions{Recreate: o.recreate, Rebuild: o.rebuild, Wait: o.wait || o.watch}
	if a.mayAsk() {
		options.Discard = a.agreeToLose
	}
	var told atomic.Bool // whether the engine said that the sandbox is there; hooks speak side by side
	info, started, err := engine.Up(ctx, s, options, func(e spec.Event) {
		if e.Kind == "sandbox" && e.State != "start" {
			told.Store(true)
		}
		a.story.Event(e)
	})
	if err != nil {
		return info, because(ctx, err)
	}
	if !told.Load() {
		a.story.Event(spec.Event{Kind: "sandbox", Name: info.Name, State: "ok", Detail: upWord(started)})
	}
	a.describe(s, info)
	if len(info.Background) > 0 {
		a.story.Fact("hooks", strings.Join(info.Background, ", ")+" in the background; "+followHooks)
	}
	a.tellDegraded(degraded)
	return info, nil
}

// agreeToLose asks before what was written inside is thrown away, or what runs there ends.
func (a *app) agreeToLose(e *sandbox.ChangedError) bool {
	if e.Recreate { // the rest was told
		for _, c := range e.What {
			a.story.Event(spec.Event{Kind: "note", Name: "changed", Detail: c.String()})
		}
	}
	takes := "a restart"
	if e.Recreate {
		takes = "a new sandbox"
	}
	return a.agree("this takes " + takes + ": " + ui.Clean(e.Cost()) + ". Go on?")
}

func upWord(started bool) string {
	if started {
		return "ready"
	}
	return "running already"
}

// describe says what of the host is inside.
func (a *app) describe(s spec.Spec, i spec.Info) {
	how := s.Workspace.Mode + ", same path inside"
	if s.Top() != s.Project {
		how = s.Workspace.Mode + ", with all of " + s.Top() + ", same path inside"
	}
	if s.Workspace.Target != s.Top() {
		how = s.Workspace.Mode + ", inside at " + s.Workspace.Target
	}
	a.story.Fact("project", s.Project+"  ("+how+")")
	i.Network = s.Network
	a.story.Fact("network", networkWord(i))
}
