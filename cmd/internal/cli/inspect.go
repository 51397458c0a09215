package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

func newCmdInspect(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "inspect [flags] [NAME]",
		Short: "all that is known of a sandbox, as JSON",
		Long: `Prints all that is known of the project's sandbox, or of the one that is named, as
one JSON object.`,
		Example: `  sandbox inspect
  sandbox inspect hello-4f2a9c | jq .spec.mounts`,
		Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error { return a.inspect(c.Context(), args) },
	}
	c.Flags().Bool("json", true, "as JSON; always so")
	return c
}

func (a *app) inspect(ctx context.Context, words []string) error {
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	list, _, err := a.chosen(ctx, engine, words, false)
	if err != nil {
		return err
	}
	info, err := engine.Inspect(ctx, list[0].ID)
	if err != nil {
		return err
	}
	return ui.JSON(a.Out, info)
}
