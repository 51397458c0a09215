package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdNetwork(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "network VERB",
		Short: "what a filtered network was asked for, and a list of it",
		Long: `Works on filtered networks (network.mode: filtered), which reach what network.allow
names by way of a proxy, and nothing else.`,
		Example: `  sandbox network log -f
  sandbox network learn -- make test`,
		RunE: func(c *cobra.Command, args []string) error { return unknownSub(c, args, "log", "learn") },
	}
	c.AddCommand(newCmdNetworkLog(a), newCmdNetworkLearn(a))
	return c
}

func newCmdNetworkLog(a *app) *cobra.Command {
	var asJSON, follow bool
	c := &cobra.Command{
		Use:   "log [flags]",
		Short: "list what the project's sandbox asked of its filtered network",
		Long: `Lists the connections that the project's sandbox asked for, with the process that asked
where it could be found, and the rule of network.allow that allowed each, or why it was refused. The last megabyte or two is kept.`,
		Example: `  sandbox network log
  sandbox network log --json | jq 'select(.verdict == "refused").host'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if follow {
				return a.followEgress(c.Context(), asJSON)
			}
			all, err := a.egressLog(c.Context())
			if err != nil {
				return err
			}
			return a.printEgress(all, asJSON)
		},
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is asked from now on, until Ctrl-C")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, one object a line")
	return c
}

func (a *app) egressLog(ctx context.Context) ([]spec.Egress, error) {
	id, _, err := a.sandboxID()
	if err != nil {
		return nil, err
	}
	engine, err := a.backend.open()
	if err != nil {
		return nil, err
	}
	return engine.EgressLog(ctx, id)
}

const nothingAsked = "nothing was asked of the network by way of the proxy"

func (a *app) printEgress(all []spec.Egress, asJSON bool) error {
	if asJSON {
		for _, d := range all {
			if err := ui.JSONLine(a.Out, d); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([][]string, 0, len(all))
	for _, d := range all {
		rows = append(rows, egressRow(d))
	}
	if len(rows) == 0 {
		a.story.Note(nothingAsked)
	}
	return ui.Table(a.Out, []string{"TIME", "VERDICT", "TO", "PROCESS", "RULE OR REASON"}, rows)
}

func egressRow(d spec.Egress) []string {
	why := d.Rule
	if d.Why != "" {
		why = d.Why
	}
	process := ui.Clean(d.Process)
	if process == "" {
		process = "-"
	}
	return []string{d.Time.Local().Format("15:04:05"), d.Verdict, ui.Clean(destination(d)), process, ui.Clean(why)}
}

// followEgress writes a line as soon as it is there, so that columns are of fixed width.
func (a *app) followEgress(ctx context.Context, asJSON bool) error {
	id, _, err := a.sandboxID()
	if err != nil {
		return err
	}
	engine, err := a.backend.open()
	if err != nil {
		return err
	}
	return engine.FollowEgress(ctx, id, func(d spec.Egress) error {
		if asJSON {
			return ui.JSONLine(a.Out, d)
		}
		row := egressRow(d)
		_, err := fmt.Fprintf(a.Out, "%s  %-7s  %-40s  %-12s  %s\n", row[0], row[1], row[2], row[3], row[4])
		return err
	})
}

func destination(d spec.Egress) string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }

func newCmdNetworkLearn(a *app) *cobra.Command {
	var o runFlags
	var write bool
	c := &cobra.Command{
		Use:   "learn [flags] [-- CMD [ARG...]]",
		Short: "write a list for network.allow from what a command asks for",
		Long: `Runs a command in a sandbox of its own whose network lets everything public through
and takes notes, and writes the lines for .sandbox.yaml to standard output; what
the command itself writes goes to standard error. Without a command the notes are those
of the project's sandbox: what it was refused is in the list too.

With --write the lines that are new go into the project's .sandbox.yaml.`,
		Example: `  sandbox network learn -- npm ci
  sandbox network learn --write`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			hosts, err := a.learn(c.Context(), o, args)
			if hosts != nil && write && len(*hosts) == 0 {
				return err // and the file is left alone
			} else if hosts != nil && write {
				return errors.Join(a.writeAllow(*hosts), err)
			} else if hosts != nil {
				return errors.Join(a.printAllow(*hosts), err)
			}
			return err
		},
	}
	c.Flags().BoolVar(&write, "write", false, "add the lines to the project's .sandbox.yaml instead")
	o.sandboxFlags.add(c.Flags())
	o.commandFlags.add(c.Flags())
	return c
}

// learn answers the hosts that were asked for; nil when nothing could be learned.
func (a *app) learn(ctx context.Context, o runFlags, args []string) (*[]string, error) {
	if len(args) == 0 {
		all, err := a.egressLog(ctx)
		if err != nil {
			return nil, err
		}
		return a.asked(all), nil
	}
	if o.network != "" && o.network != spec.NetworkFiltered {
		return nil, usagef("--network %s: learn uses a filtered network", o.network)
	}
	o.network, o.rm = spec.NetworkFiltered, true
	dir, err := os.MkdirTemp("", "sandbox-learn-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	o.learnTo = filepath.Join(dir, "egress")
	failed := a.run(ctx, o, args)
	var code exitCode
	if failed != nil && !errors.As(failed, &code) {
		return nil, failed
	}
	all, err := sandbox.ReadEgress(o.learnTo)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return a.asked(all), failed
}

// asked is what was reached, or refused only for want of a rule.
func (a *app) asked(all []spec.Egress) *[]string {
	hosts, failed := []string{}, []string{}
	for _, d := range all {
		if d.Verdict == spec.EgressFailed {
			failed = append(failed, ui.Clean(destination(d)))
		}
		if d.Verdict == spec.EgressAllowed || d.Why == sandbox.NotListed {
			hosts = append(hosts, ui.Clean(destination(d)))
		}
	}
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	slices.Sort(failed)
	if failed = slices.Compact(failed); len(failed) > 0 {
		a.story.Note("not in the list, for it was not reached: " + strings.Join(failed, ", "))
	} else if len(hosts) == 0 {
		a.story.Note(nothingAsked)
	}
	return &hosts
}

// printAllow writes the lines for the configuration.
func (a *app) printAllow(hosts []string) error {
	var b strings.Builder
	b.WriteString("network:\n  mode: filtered\n")
	if len(hosts) > 0 {
		b.WriteString("  allow:\n")
	}
	for _, h := range hosts {
		fmt.Fprintf(&b, "    - %q\n", h)
	}
	_, err := io.WriteString(a.Out, b.String())
	return err
}

// writeAllow puts them into the project's file; where they cannot be fitted in, they are printed.
func (a *app) writeAllow(hosts []string) error {
	p, err := a.project()
	if err != nil {
		return err
	}
	path := filepath.Join(p.Dir, ".sandbox.yaml")
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: it is no regular file", path)
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := config.WithAllow(path, old, hosts)
	if errors.Is(err, config.ErrByHand) {
		a.story.Note(path + ": " + err.Error() + "; the lines are:")
		return a.printAllow(hosts)
	}
	if err != nil || bytes.Equal(text, old) {
		return err
	}
	if err := writeConfig(p.Dir, string(text), true); err != nil {
		return err
	}
	a.story.Fact("wrote", ".sandbox.yaml            sandbox up  takes it")
	return nil
}
