package cli

import (
	"context"
	"errors"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdShell(a *app) *cobra.Command {
	var o commandFlags
	var up upFlags
	var run string
	c := &cobra.Command{
		Use:   "shell [flags]",
		Short: "a login shell in the project's sandbox",
		Long: `Opens a login shell in the project's sandbox, in the directory that you are in.
A sandbox that does not run is brought up first.`,
		Example: `  sandbox shell
  sandbox shell --root
  sandbox shell --name experiment`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("run") {
				return a.shellOfRun(c.Context(), o, run)
			}
			return a.shell(c.Context(), o, up)
		},
	}
	f := c.Flags()
	f.StringVar(&run, "run", "", "enter the sandbox that sandbox test --keep kept of the run `ID`")
	o.add(f)
	up.add(f)
	return c
}

func (a *app) shell(ctx context.Context, o commandFlags, up upFlags) error {
	command, err := o.command(a, nil)
	if err != nil {
		return err
	}
	command.Login = true
	command.TTY = o.tty || !o.noTTY && ui.IsTerminal(a.In)
	id, p, err := a.sandboxID()
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	err = a.attach(ctx, engine, id)
	if err == nil {
		err = a.enter(ctx, engine, id, p.Dir, o.dir, command)
	}
	if !errors.Is(err, sandbox.ErrNotFound) && !errors.Is(err, sandbox.ErrNotRunning) {
		return err
	}
	// Only now is the configuration worth its reading.
	if _, err := a.up(ctx, p, up); err != nil {
		return err
	}
	if err := a.attach(ctx, engine, id); err != nil {
		return err
	}
	return a.enter(ctx, engine, id, p.Dir, o.dir, command)
}

// shellOfRun opens a shell in what a test left behind.
func (a *app) shellOfRun(ctx context.Context, o commandFlags, run string) error {
	command, err := o.command(a, nil)
	if err != nil {
		return err
	}
	command.Login = true
	command.TTY = o.tty || !o.noTTY && ui.IsTerminal(a.In)
	_, p, err := a.sandboxID()
	if err != nil {
		return err
	}
	tests, err := a.backend.tests()
	if err != nil {
		return err
	}
	id, err := tests.EnterKept(ctx, run, a.story.Event)
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	return a.enter(ctx, engine, id, p.Dir, o.dir, command)
}

// attach runs the attach hook. One that fails is told; the shell opens, in which
// the cause can be looked for. Ctrl-C ends the hook alone.
func (a *app) attach(parent context.Context, e engine, id string) error {
	ctx, stop := interruptible(parent)
	defer stop()
	err := because(ctx, e.Attach(ctx, id, a.story.Event))
	var hook *sandbox.HookError
	var interrupted *interruptedError
	switch {
	case errors.As(err, &hook):
		return nil // an event told it
	case errors.As(err, &interrupted) && interrupted.signal == syscall.SIGINT:
		a.story.Note("hook attach: interrupted")
		return nil
	}
	return err
}

func (a *app) enter(ctx context.Context, e engine, id, project, dir string, c spec.Command) error {
	var err error
	c.Dir, err = a.directory(dir, project, func() (string, error) { return target(ctx, e, id) })
	if err != nil {
		return err
	}
	if !c.TTY || a.story.Quiet || a.story.JSON {
		return a.runInside(ctx, e, id, c, nil)
	}
	asides, stop := a.serviceAsides(ctx, e, id)
	defer stop()
	return a.runInside(ctx, e, id, c, asides)
}
