package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

type logsFlags struct {
	follow     bool
	timestamps bool
	json       bool
	tail       int
	since      string
}

func newCmdLogs(a *app) *cobra.Command {
	var o logsFlags
	c := &cobra.Command{
		Use:   "logs [flags] [SERVICE...]",
		Short: "what hooks and services printed in the project's sandbox",
		Long: `Prints the logs of the project's sandbox: what its hooks printed, start by start, then
what its services did, in the order of time. With names it is those services alone.
On a terminal everything but colours is made harmless; in a pipe it is as it was.`,
		Example: `  sandbox logs
  sandbox logs -f db
  sandbox logs --timestamps db web
  sandbox logs --tail 20 --since 10m`,
		ValidArgsFunction: completing(a.serviceNames),
		RunE: func(c *cobra.Command, names []string) error {
			if c.Flags().Changed("tail") && o.tail < 1 {
				return usagef("--tail %d: at least 1", o.tail)
			}
			return a.logs(c.Context(), o, names)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.follow, "follow", "f", false, "go on until Ctrl-C")
	f.IntVarP(&o.tail, "tail", "n", 0, "of each service the last `N` lines; nothing of hooks")
	f.StringVar(&o.since, "since", "", "of services what was printed since `TIME`: 10m, or 2026-01-31T12:00:00Z; nothing of hooks")
	f.BoolVar(&o.timestamps, "timestamps", false, "before each line of a service when it was printed")
	f.BoolVar(&o.json, "json", false, "lines of services as JSON, one object a line; nothing of hooks")
	return c
}

// query is what the flags ask for.
func (o logsFlags) query(names []string, now time.Time) (sandbox.LogQuery, error) {
	q := sandbox.LogQuery{Names: names, Follow: o.follow, Tail: o.tail}
	if o.since == "" {
		return q, nil
	}
	if d, err := time.ParseDuration(o.since); err == nil && d >= 0 {
		q.Since = now.Add(-d)
		return q, nil
	}
	at, err := time.Parse(time.RFC3339, o.since)
	if err != nil {
		return q, usagef("--since %q: expected how long ago, such as 10m, or a time, such as %s", o.since, now.UTC().Format(time.RFC3339))
	}
	q.Since = at
	return q, nil
}

func (a *app) logs(ctx context.Context, o logsFlags, names []string) error {
	query, err := o.query(names, time.Now())
	if err != nil {
		return err
	}
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
	if o.follow {
		stop := a.alongServices(ctx, engine, id, names)
		defer stop()
	}
	p := &logPrinter{app: a, flags: o, out: a.Out, prefixed: len(names) != 1}
	if ui.IsTerminal(a.Out) {
		filter := ui.NewFilter(a.Out)
		defer func() { _ = filter.Close() }() // a terminal that is gone needs no last line
		p.out = filter
	}
	if len(names) > 0 || o.json || o.tail > 0 || o.since != "" {
		return because(ctx, engine.ServiceLogs(ctx, id, query, p.line))
	}
	if !o.follow {
		if err := engine.Logs(ctx, id, p, false); err != nil {
			return because(ctx, err)
		}
		return because(ctx, engine.ServiceLogs(ctx, id, query, p.line))
	}
	hooks := make(chan error, 1)
	go func() { hooks <- engine.Logs(ctx, id, p, true) }()
	err = engine.ServiceLogs(ctx, id, query, p.line)
	return because(ctx, errors.Join(err, <-hooks))
}

// logPrinter writes lines of several logs to one place.
type logPrinter struct {
	app      *app
	flags    logsFlags
	prefixed bool
	mu       sync.Mutex
	out      io.Writer
	colors   map[string]int
}

// Write writes what hooks printed.
func (p *logPrinter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *logPrinter) line(l sandbox.LogLine) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flags.json {
		return ui.JSONLine(p.app.Out, l)
	}
	var b strings.Builder
	if p.prefixed {
		b.WriteString(p.paint(l.Service) + " ")
	}
	if p.flags.timestamps {
		b.WriteString(l.Time.Format("2006-01-02T15:04:05.000000Z") + " ")
	}
	b.WriteString(l.Text + "\n")
	_, err := io.WriteString(p.out, b.String())
	return err
}

// paint gives each service its colour, in turn.
func (p *logPrinter) paint(service string) string {
	if p.colors == nil {
		p.colors = map[string]int{}
	}
	n, known := p.colors[service]
	if !known {
		n = len(p.colors)
		p.colors[service] = n
	}
	on := ui.Paint(ui.ColorAllowed(p.app.Out, p.app.flags.noColor, p.app.world.getenv))
	return on.Nth(n, fmt.Sprintf("%-10s |", service))
}
