package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

// listing is a verb that lists things, for people and as JSON.
type listing[T any] struct {
	short, long, example string
	header               []string
	list                 func(context.Context) ([]T, error)
	row                  func(T) []string
}

func (l listing[T]) command(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "ls [flags]", Short: l.short, Long: l.long, Example: l.example, Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return l.show(c.Context(), a, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (l listing[T]) show(ctx context.Context, a *app, asJSON bool) error {
	all, err := l.list(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, all)
	}
	rows := make([][]string, 0, len(all))
	for _, x := range all {
		rows = append(rows, l.row(x))
	}
	return ui.Table(a.Out, l.header, rows)
}
