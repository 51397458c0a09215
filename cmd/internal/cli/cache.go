package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdCache(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "cache VERB",
		Short: "list and delete the caches of tools",
		Long: `Works on the caches that the configuration names: what tools fetched and built, kept
for the next sandbox.`,
		Example: "  sandbox cache ls\n  sandbox cache prune npm",
		RunE: func(c *cobra.Command, args []string) error {
			return unknownSub(c, args, "ls", "prune")
		},
	}
	c.AddCommand(newCmdCacheLs(a), newCmdCachePrune(a))
	return c
}

func newCmdCacheLs(a *app) *cobra.Command {
	return listing[sandbox.CacheInfo]{
		short: "list the caches that are here",
		long: `Lists the caches with their sizes and when a sandbox was last started with each. A
cache may be there more than once: sandboxes whose users have other ids do not share
one, and a project may have its own.`,
		example: "  sandbox cache ls\n  sandbox cache ls --json | jq 'map(.size) | add'",
		header:  []string{"CACHE", "SIZE", "LAST USE", "IDS", "PROJECT", "USED BY"},
		list: func(ctx context.Context) ([]sandbox.CacheInfo, error) {
			engine, err := a.backend.data()
			if err != nil {
				return nil, err
			}
			return engine.Caches(ctx)
		},
		row: func(c sandbox.CacheInfo) []string {
			scope := "shared"
			if c.Project != "" {
				scope = a.short(c.Project)
			}
			return []string{c.Name, ui.Bytes(c.Size), ui.Age(time.Since(c.Used)), c.IDs, scope, strings.Join(c.UsedBy, ", ")}
		},
	}.command(a)
}

func newCmdCachePrune(a *app) *cobra.Command {
	var dryRun, asJSON bool
	c := &cobra.Command{
		Use:   "prune [flags] [CACHE...]",
		Short: "delete caches",
		Long: `Deletes the caches that are named, or all of them. What a running sandbox or command
has stays; with a name that is an error.`,
		Example: "  sandbox cache prune --dry-run\n  sandbox cache prune go npm",
		RunE: func(c *cobra.Command, args []string) error {
			return a.cachePrune(c.Context(), args, dryRun, asJSON)
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be deleted")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) cachePrune(ctx context.Context, names []string, dryRun, asJSON bool) error {
	engine, err := a.backend.data()
	if err != nil {
		return err
	}
	gone, err := engine.PruneCaches(ctx, names, dryRun)
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, gone)
	}
	return a.tellPruned(gone, dryRun)
}

func (a *app) tellPruned(gone []sandbox.CacheInfo, dryRun bool) error {
	verb, size := "freed", int64(0)
	if dryRun {
		verb = "would be freed"
	}
	for _, c := range gone {
		size += c.Size
		a.story.Event(spec.Event{Kind: "cache", Name: c.Name, State: "ok", Detail: ui.Bytes(c.Size) + " " + verb})
	}
	_, err := fmt.Fprintf(a.Out, "%s: %s %s\n", plural(len(gone), "cache", "caches"), ui.Bytes(size), verb)
	return err
}
