package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

type rmFlags struct{ all, volumes bool }

func newCmdRm(a *app) *cobra.Command {
	var o rmFlags
	c := &cobra.Command{
		Use:   "rm [flags] [NAME...]",
		Short: "remove the project's sandbox with all that was written inside",
		Long: `Ends a sandbox and deletes what it kept. The project's own files are not touched.
Volumes stay, unless --volumes says otherwise; one that another sandbox of the project
has goes with that one.`,
		Example: `  sandbox rm
  sandbox rm --volumes
  sandbox rm --all`,
		RunE: func(c *cobra.Command, args []string) error { return a.rm(c.Context(), o, args) },
	}
	c.Flags().BoolVar(&o.all, "all", false, "every sandbox of yours")
	c.Flags().BoolVar(&o.volumes, "volumes", false, "its volumes too")
	return c
}

func (a *app) rm(ctx context.Context, o rmFlags, words []string) error {
	return a.forEach(ctx, words, o.all, func(ctx context.Context, e engine, info spec.Info) (string, error) {
		return "removed", e.Remove(ctx, info.ID, o.volumes)
	})
}
