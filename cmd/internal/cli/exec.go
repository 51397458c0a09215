package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdExec(a *app) *cobra.Command {
	var o commandFlags
	c := &cobra.Command{
		Use:   "exec [flags] [--] CMD [ARG...]",
		Short: "run a command in the running sandbox",
		Long: `Runs a command in the project's running sandbox, in the directory that you are
in. Input, output and exit code are the command's own; nothing is added.`,
		Example: `  sandbox exec -- go test ./...
  sandbox exec --root -- apt-get install -y jq
  echo hello | sandbox exec -T -e GREETING -w /tmp -- tee greeting`,
		Args: command,
		RunE: func(c *cobra.Command, args []string) error { return a.exec(c.Context(), o, args) },
	}
	o.add(c.Flags())
	return c
}

// exec reads no configuration: the sandbox runs, so everything is decided.
func (a *app) exec(ctx context.Context, o commandFlags, args []string) error {
	command, err := o.command(a, args)
	if err != nil {
		return err
	}
	id, project, err := a.sandboxID()
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	command.Dir, err = a.directory(o.dir, project.Dir, func() (string, error) { return target(ctx, engine, id) })
	if err != nil {
		return err
	}
	return a.runInside(ctx, engine, id, command, nil)
}

// target is the project's place inside a sandbox.
func target(ctx context.Context, e engine, id string) (string, error) {
	info, err := e.Inspect(ctx, id)
	if err != nil || info.Spec == nil {
		return "", err
	}
	return info.Spec.Inside(), nil
}

func (a *app) runInside(ctx context.Context, e engine, id string, c spec.Command, asides <-chan string) error {
	ctx, io, stop := a.withChild(ctx)
	defer stop()
	io.Asides = asides
	x, err := e.Exec(ctx, id, c, io, a.besideChild)
	if err != nil {
		return because(ctx, err)
	}
	return exitCode(x.Code).orNil()
}

// besideChild shows an event next to the output of a command. Only a person is
// told: a program that reads standard error must find the child's words alone.
// What is the same each time is told by up, and here with -v.
func (a *app) besideChild(e spec.Event) {
	if a.story.Verbose || e.Step > 0 || a.story.JSON || a.story.Moving && e.Kind != "degraded" {
		a.story.Event(e)
	}
}
