package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdService(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "service VERB",
		Short: "list, start, stop and restart the services of the project's sandbox",
		Long: `Works on the programs that .sandbox.yaml lists under services. sandbox up starts them
and waits until they are ready; sandbox logs prints what they said.`,
		Example: `  sandbox service ls
  sandbox service restart db`,
		RunE: func(c *cobra.Command, args []string) error {
			return unknownSub(c, args, "ls", "start", "stop", "restart")
		},
	}
	c.AddCommand(newCmdServiceLs(a), newCmdServiceStart(a), newCmdServiceStop(a), newCmdServiceRestart(a))
	return c
}

func newCmdServiceLs(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "ls [flags]",
		Short:   "list the services with their states",
		Example: `  sandbox service ls --json | jq -r '.[] | select(.state != "ready").name'`,
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.listServices(c.Context(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) listServices(ctx context.Context, asJSON bool) error {
	var states []spec.ServiceState
	err := a.withSandbox(func(e engine, id string) (err error) {
		states, err = e.Services(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		if states == nil {
			states = []spec.ServiceState{}
		}
		return ui.JSON(a.Out, states)
	}
	now := time.Now()
	rows := make([][]string, 0, len(states))
	for _, s := range states {
		rows = append(rows, []string{s.Name, s.State, since(s, now), fmt.Sprint(s.Restarts), ui.Clean(whyOf(s))})
	}
	return ui.Table(a.Out, []string{"NAME", "STATE", "SINCE", "RESTARTS", "WHY"}, rows)
}

// withSandbox does something to the project's sandbox.
func (a *app) withSandbox(do func(engine, string) error) error {
	id, _, err := a.sandboxID()
	if err != nil {
		return err
	}
	e, err := a.backend.open()
	if err != nil {
		return err
	}
	return do(e, id)
}

func newCmdServiceStart(a *app) *cobra.Command {
	return a.serviceVerb("start", "start services, and wait until they are ready", `Starts the services of these names with those that they depend on; without names all
that do not run. It ends when they are ready, or when it is clear that one will not be.`,
		func(ctx context.Context, e engine, id string, names []string) error {
			return e.StartServices(ctx, id, names, a.story.Event)
		})
}

func newCmdServiceStop(a *app) *cobra.Command {
	return a.serviceVerb("stop", "stop services", `Stops the services of these names, and before them those that depend on them; without
names all. The rest of the sandbox runs on.`,
		func(ctx context.Context, e engine, id string, names []string) error {
			return e.StopServices(ctx, id, names, a.story.Event)
		})
}

func newCmdServiceRestart(a *app) *cobra.Command {
	return a.serviceVerb("restart", "stop services and start them again", `Stops the services of these names with those that depend on them, and starts them
again; without names all.`,
		func(ctx context.Context, e engine, id string, names []string) error {
			return e.RestartServices(ctx, id, names, a.story.Event)
		})
}

func (a *app) serviceVerb(verb, short, long string, do func(context.Context, engine, string, []string) error) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     verb + " [flags] [NAME...]",
		Short:   short,
		Long:    long,
		Example: "  sandbox service " + verb + " db",

		ValidArgsFunction: completing(a.serviceNames),
		RunE: func(c *cobra.Command, names []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			err := because(ctx, a.withSandbox(func(e engine, id string) error { return do(ctx, e, id, names) }))
			var failed *sandbox.ServiceError
			if asJSON && (err == nil || errors.As(err, &failed)) {
				err = errors.Join(a.listServices(c.Context(), true), err)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "all services with their states afterwards, as JSON")
	return c
}

func newCmdStats(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "stats [flags]",
		Short: "what the services of the project's sandbox use, and the rest of it",
		Long: `Prints processes, memory and processor time of each service, and of all other
processes inside together. Memory is what each process has resident, added up: what
they share counts more than once.`,
		Example: `  sandbox stats
  sandbox stats --json | jq 'map(.memory) | add'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.stats(c.Context(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON; cpu in nanoseconds")
	return c
}

func (a *app) stats(ctx context.Context, asJSON bool) error {
	var usage []spec.Usage
	err := a.withSandbox(func(e engine, id string) (err error) {
		usage, err = e.Stats(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, usage)
	}
	rows := make([][]string, 0, len(usage))
	for _, u := range usage {
		name := u.Name
		if name == "" {
			name = "(others)"
		}
		rows = append(rows, []string{name, fmt.Sprint(u.Processes), ui.Bytes(u.Memory), u.CPU.Round(10 * time.Millisecond).String()})
	}
	return ui.Table(a.Out, []string{"NAME", "PROCESSES", "MEMORY", "CPU"}, rows)
}
