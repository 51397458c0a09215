package cli

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdPorts(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "ports [flags]",
		Short: "list the ports of this machine that lead into the project's sandbox",
		Long: `Lists the ports of this machine that lead into the project's sandbox: those of the
configuration, those that forward added, and those of programs that listen inside.`,
		Example: `  sandbox ports
  sandbox ports --json | jq -r '.[].url'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.ports(c.Context(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) ports(ctx context.Context, asJSON bool) error {
	id, _, err := a.sandboxID()
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	state, err := engine.Ports(ctx, id)
	if err != nil {
		return err
	}
	if state.Lost != "" {
		a.story.Note("network: " + state.Lost + "; " + a.sibling("up") + " connects it again")
	}
	if asJSON {
		if state.Forwards == nil {
			state.Forwards = []spec.Forward{}
		}
		return ui.JSON(a.Out, state.Forwards)
	}
	rows := make([][]string, 0, len(state.Forwards))
	for _, f := range state.Forwards {
		process := f.Process
		if process == "" {
			process = "-"
		}
		rows = append(rows, []string{strconv.Itoa(f.Inside), f.Address, f.URL, process, f.Origin, ui.Clean(noted(f))})
	}
	columns := []string{"INSIDE", "ADDRESS", "URL", "PROCESS", "ORIGIN", "LABEL"}
	if !slices.ContainsFunc(rows, func(row []string) bool { return row[len(row)-1] != "" }) {
		columns = columns[:len(columns)-1]
		for i := range rows {
			rows[i] = rows[i][:len(columns)]
		}
	}
	return ui.Table(a.Out, columns, rows)
}

// noted is what a devcontainer.json says of a port.
func noted(f spec.Forward) string {
	if f.OnAutoForward == "" {
		return f.Label
	}
	return strings.TrimSpace(f.Label + " (" + f.OnAutoForward + ")")
}

func newCmdForward(a *app) *cobra.Command {
	var remove bool
	c := &cobra.Command{
		Use:   "forward [flags] [[IP:]HOST:]PORT[/udp]",
		Short: "make a port of this machine lead into the running sandbox",
		Long: `Makes a port of this machine lead to PORT inside, until the sandbox stops. HOST is
PORT unless written; auto is the next free one. Only this machine reaches it, unless
another IP is written.`,
		Example: `  sandbox forward 8080
  sandbox forward auto:3000
  sandbox forward --remove 8080`,
		Args: exactly(1, "one port"),
		RunE: func(c *cobra.Command, args []string) error { return a.forward(c.Context(), args[0], remove) },
	}
	c.Flags().BoolVar(&remove, "remove", false, "no longer")
	return c
}

func (a *app) forward(ctx context.Context, word string, remove bool) error {
	p, ok := config.ParsePort(word)
	if !ok {
		return usagef("%q is no port: 8080, 8080:80, auto:80, 127.0.0.1:8080:80 or one of these with /udp", word)
	}
	id, _, err := a.sandboxID()
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	if remove {
		return engine.Unforward(ctx, id, p.Inside)
	}
	f, err := engine.Forward(ctx, id, spec.PortForward{IP: p.IP, Host: p.Host, Inside: p.Inside, Auto: p.Auto, UDP: p.UDP})
	if err != nil {
		return err
	}
	detail := "leads to port " + strconv.Itoa(f.Inside)
	if !p.Loopback() {
		detail += ", for other machines too"
	}
	a.story.Event(spec.Event{Kind: "port", Name: f.URL, State: "ok", Detail: detail})
	return nil
}
