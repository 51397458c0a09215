package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func newCmdStatus(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [flags]",
		Short: "the state of this project's sandboxes",
		Long: `Shows the project, its configuration file and its sandboxes: all of them, or the
one that --name picks. It exits with 0 whatever the state is.`,
		Example: `  sandbox status
  sandbox status --json | jq -r '.sandboxes[].status'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.status(c.Context(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

// projectStatus is what status --json prints. Its names are a contract.
type projectStatus struct {
	Project      string      `json:"project"`
	File         string      `json:"file,omitempty"`
	Devcontainer string      `json:"devcontainer,omitempty"`
	Sandboxes    []spec.Info `json:"sandboxes"`
}

func (a *app) status(ctx context.Context, asJSON bool) error {
	st, err := a.projectStatus(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return ui.JSON(a.Out, st)
	}
	return a.writeStatus(st, time.Now())
}

func (a *app) projectStatus(ctx context.Context) (projectStatus, error) {
	p, err := a.project()
	if err != nil {
		return projectStatus{}, err
	}
	engine, err := a.backend.open()
	if err != nil {
		return projectStatus{}, err
	}
	list, err := engine.List(ctx)
	if err != nil {
		return projectStatus{}, err
	}
	st := projectStatus{Project: p.Dir, File: p.File, Devcontainer: p.Devcontainer, Sandboxes: []spec.Info{}}
	for _, info := range list {
		if a.belongs(info, p) {
			st.Sandboxes = append(st.Sandboxes, counted(ctx, engine, info))
		}
	}
	return st, nil
}

// counted adds the number of processes, which only a running sandbox knows.
func counted(ctx context.Context, e engine, info spec.Info) spec.Info {
	if info.Status != spec.Running {
		return info
	}
	if full, err := e.Inspect(ctx, info.ID); err == nil { // else it ended just now
		info.Processes = full.Processes
	}
	return info
}

func (a *app) belongs(info spec.Info, p config.Project) bool {
	if a.flags.name != "" {
		return info.ID == a.backend.id(p.Dir, a.flags.name)
	}
	return info.Project == p.Dir
}

func (a *app) writeStatus(st projectStatus, now time.Time) error {
	file := st.File
	if file == "" {
		file = "none, defaults"
	} else {
		file = a.short(file)
	}
	if err := ui.Pairs(a.Out, [][2]string{{"project", st.Project}, {"config", file}}); err != nil {
		return err
	}
	if len(st.Sandboxes) == 0 {
		_, err := fmt.Fprintln(a.Out, "sandbox   none")
		return err
	}
	for _, i := range st.Sandboxes {
		if _, err := fmt.Fprintln(a.Out); err != nil {
			return err
		}
		if err := ui.Pairs(a.Out, statusPairs(i, now)); err != nil {
			return err
		}
	}
	return nil
}

func statusPairs(i spec.Info, now time.Time) [][2]string {
	pairs := [][2]string{{"sandbox", i.Name}, {"status", statusWord(i)}}
	if i.Status == spec.Running {
		pairs = append(pairs, [2]string{"uptime", uptime(i, now)})
	}
	if i.Processes > 0 {
		pairs = append(pairs, [2]string{"processes", strconv.Itoa(i.Processes)})
	}
	return append(pairs, [2]string{"image", i.Image}, [2]string{"user", i.User},
		[2]string{"network", i.Network}, [2]string{"ids", string(i.IDs)})
}

func statusWord(i spec.Info) string {
	if i.Status == spec.Dead {
		return "dead: it ended without a down; sandbox up starts it again"
	}
	return i.Status
}
