package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

func newCmdLogs(a *app) *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use:   "logs [flags]",
		Short: "what hooks printed in the project's sandbox",
		Long: `Prints the log of the project's sandbox: what its hooks printed, start by start.
On a terminal everything but colours is made harmless; in a pipe it is as it was.`,
		Example: `  sandbox logs
  sandbox logs -f`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.logs(c.Context(), follow) },
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on until Ctrl-C")
	return c
}

func (a *app) logs(ctx context.Context, follow bool) error {
	id, _, err := a.sandboxID()
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	var w io.Writer = a.Out
	if ui.IsTerminal(a.Out) {
		filter := ui.NewFilter(a.Out)
		defer func() { _ = filter.Close() }() // a terminal that is gone needs no last line
		w = filter
	}
	return because(ctx, engine.Logs(ctx, id, w, follow))
}
