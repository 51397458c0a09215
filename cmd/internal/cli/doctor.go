package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/userns"
)

type doctorFlags struct{ json, apparmor bool }

func newCmdDoctor(a *app) *cobra.Command {
	var o doctorFlags
	c := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "try what this machine can do, and say how to fix what it cannot",
		Long: `Tries every facility of the kernel and of this machine in steps. Each line that
fails has its exact fix. It exits with 1 when something is missing that every
sandbox needs.`,
		Example: `  sandbox doctor
  sandbox doctor --json | jq '.[] | select(.ok | not)'
  sandbox doctor --print-apparmor | sudo tee /etc/apparmor.d/sandbox`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.doctor(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.json, "json", false, "as JSON")
	c.Flags().BoolVar(&o.apparmor, "print-apparmor", false, "print an AppArmor profile that allows this program namespaces")
	return c
}

func (a *app) doctor(ctx context.Context, o doctorFlags) error {
	if o.apparmor {
		return a.printAppArmor()
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	facts := a.backend.probe(ctx)
	if err := because(ctx, ctx.Err()); err != nil {
		return err
	}
	checks := a.checks(facts)
	err := a.writeChecks(checks, o.json)
	if err == nil && !healthy(facts) {
		return exitCode(exitNo)
	}
	return err
}

func healthy(facts []userns.Fact) bool {
	for _, f := range facts {
		if f.Required && !f.OK {
			return false
		}
	}
	return true
}

// check is one line of doctor --json. Its names are a contract.
type check struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Required bool   `json:"required"`
	Detail   string `json:"detail,omitempty"`
	Error    string `json:"error,omitempty"`
	Fixes    []hint `json:"fixes,omitempty"`
}

func (a *app) checks(facts []userns.Fact) []check {
	all := make([]check, 0, len(facts))
	for _, f := range facts {
		c := check{Name: f.Name, OK: f.OK, Required: f.Required, Detail: f.Detail, Error: f.Err}
		if !f.OK && f.Needs != "" {
			c.Fixes = a.remedies(f.Needs, f.Err)
		}
		all = append(all, c)
	}
	return all
}

func (a *app) writeChecks(all []check, asJSON bool) error {
	if asJSON {
		return ui.JSON(a.Out, all)
	}
	paint := ui.Paint(ui.ColorAllowed(a.Out, a.flags.noColor, a.world.getenv))
	for _, c := range all {
		if err := a.writeCheck(paint, c); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) writeCheck(paint ui.Paint, c check) error {
	mark, text := paint.Good(" ok     "), c.Detail
	if !c.OK {
		mark, text = paint.Bad(" missing"), missing(c)
	}
	line := strings.TrimRight(fmt.Sprintf("%-22s %s", ui.Clean(c.Name), ui.Clean(text)), " ")
	if _, err := fmt.Fprintf(a.Out, "%s  %s\n", mark, line); err != nil {
		return err
	}
	for _, fix := range c.Fixes {
		if _, err := fmt.Fprintf(a.Out, "          fix: %s\n", fix); err != nil {
			return err
		}
	}
	return nil
}

func missing(c check) string {
	text := c.Error
	if text == "" {
		text = c.Detail
	}
	if !c.Required {
		text += " (not required)"
	}
	return text
}
