package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

type downFlags struct {
	all     bool
	timeout time.Duration
}

func newCmdDown(a *app) *cobra.Command {
	var o downFlags
	c := &cobra.Command{
		Use:   "down [flags] [NAME...]",
		Short: "stop the project's sandbox; what was written inside stays",
		Long: `Ends the processes of a sandbox: first politely, after the timeout for certain.
What was written inside is there again after the next up.`,
		Example: `  sandbox down
  sandbox down --timeout 1s
  sandbox down --all`,
		RunE: func(c *cobra.Command, args []string) error { return a.down(c.Context(), o, args) },
	}
	c.Flags().BoolVar(&o.all, "all", false, "every sandbox of yours")
	c.Flags().DurationVar(&o.timeout, "timeout", 10*time.Second, "kill what has not ended by itself after `D`")
	return c
}

func (a *app) down(ctx context.Context, o downFlags, words []string) error {
	if o.timeout < 0 {
		return usagef("--timeout %s: not a length of time", o.timeout)
	}
	return a.forEach(ctx, words, o.all, func(ctx context.Context, e engine, info spec.Info) (string, error) {
		ended, err := e.Down(ctx, info.ID, o.timeout)
		if ended {
			return "stopped", err
		}
		return "was not running", err
	})
}

// forEach does something to each chosen sandbox and tells the story. Without a
// name, a sandbox that does not exist is as it should be.
func (a *app) forEach(ctx context.Context, words []string, all bool,
	do func(context.Context, engine, spec.Info) (string, error)) error {
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	list, asked, err := a.chosen(ctx, engine, words, all)
	if err != nil {
		return err
	}
	var failed error
	for _, info := range list {
		word, err := do(ctx, engine, info)
		switch {
		case errors.Is(err, sandbox.ErrNotFound) && !asked:
			word = "there was none"
		case err != nil:
			failed = errors.Join(failed, because(ctx, err))
			continue
		}
		a.story.Event(spec.Event{Kind: "sandbox", Name: info.Name, State: "ok", Detail: word})
	}
	return failed
}
