package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdPs(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "ps [flags]",
		Short: "list all sandboxes of yours",
		Long:  "Lists every sandbox of this user, of all projects, running or not.",
		Example: `  sandbox ps
  sandbox ps --json | jq -r '.[] | select(.status == "running") | .name'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.ps(c.Context(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) ps(ctx context.Context, asJSON bool) error {
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	list, err := engine.List(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, orEmpty(list))
	}
	return ui.Table(a.Out, []string{"NAME", "STATUS", "IMAGE", "USER", "PROJECT", "UPTIME"}, psRows(list, time.Now()))
}

func psRows(list []spec.Info, now time.Time) [][]string {
	rows := make([][]string, 0, len(list))
	for _, i := range list {
		rows = append(rows, []string{i.Name, psStatus(i), i.Image, i.User, i.Project, uptime(i, now)})
	}
	return rows
}

// psStatus adds what does not work to the word.
func psStatus(i spec.Info) string {
	status := i.Status
	if n := i.NetworkState; n != nil && (n.Lost != "" || n.Driver == "" && i.Network == spec.NetworkPrivate) {
		status += ", no network"
	}
	if n := len(ailing(i.Services)); n > 0 {
		status += ", " + plural(n, "service", "services") + " not ready"
	}
	return status
}

func uptime(i spec.Info, now time.Time) string {
	if i.Status != spec.Running || i.Started.IsZero() {
		return "-"
	}
	return ui.Age(now.Sub(i.Started))
}

// orEmpty makes an empty list [] in JSON, not null.
func orEmpty(list []spec.Info) []spec.Info {
	if list == nil {
		return []spec.Info{}
	}
	return list
}
