package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
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
	Project      string          `json:"project"`
	File         string          `json:"file,omitempty"`
	Devcontainer string          `json:"devcontainer,omitempty"`
	Sandboxes    []sandboxStatus `json:"sandboxes"`
}

type sandboxStatus struct {
	spec.Info
	// Changed are the parts of the configuration that are not what the sandbox has; the next up says more.
	Changed []string `json:"changed,omitempty"`
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
	st := projectStatus{Project: p.Dir, File: p.File, Devcontainer: p.Devcontainer, Sandboxes: []sandboxStatus{}}
	for _, info := range list {
		if a.belongs(info, p) {
			st.Sandboxes = append(st.Sandboxes, a.looked(ctx, engine, p, info))
		}
	}
	return st, nil
}

// looked adds the number of processes, which only a running sandbox knows, and
// what the configuration would change.
func (a *app) looked(ctx context.Context, e engine, p config.Project, info spec.Info) sandboxStatus {
	st := sandboxStatus{Info: info}
	full, err := e.Inspect(ctx, info.ID)
	if err != nil || full.Spec == nil { // it ended just now
		return st
	}
	st.Processes, st.NetworkState, st.Services = full.Processes, full.NetworkState, full.Services
	want, _, err := a.plan(p, nil, sandbox.Request{Trust: true, Find: sandbox.FindOptions{Offline: true}})
	if err != nil {
		return st // config validate says what is wrong with it
	}
	want.ID, want.Instance = full.Spec.ID, full.Spec.Instance
	for _, c := range sandbox.Changes(*full.Spec, want) {
		st.Changed = append(st.Changed, c.String())
	}
	return st
}

func (a *app) belongs(info spec.Info, p config.Project) bool {
	if a.flags.name != "" {
		return info.ID == a.backend.id(p.Dir, a.flags.name)
	}
	return info.Project == p.Dir
}

func (a *app) writeStatus(st projectStatus, now time.Time) error {
	file := "none, defaults"
	if named := cmp.Or(st.File, st.Devcontainer); named != "" {
		file = a.short(named)
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
		pairs := statusPairs(i.Info, now)
		if len(i.Changed) > 0 {
			pairs = append(pairs, [2]string{"changed", strings.Join(i.Changed, "; ") + ": sandbox up brings it into force"})
		}
		pairs = append(pairs, servicePairs(i.Services, now)...)
		if err := ui.Pairs(a.Out, pairs); err != nil {
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
		[2]string{"network", networkWord(i)}, [2]string{"ids", string(i.IDs)})
}

// networkWord says how the network is made, and whether it works.
func networkWord(i spec.Info) string {
	s := i.NetworkState
	switch {
	case s == nil:
		return i.Network
	case s.Lost != "":
		return i.Network + ": " + ui.Clean(s.Lost) + "; sandbox up connects it again"
	case s.Driver != "":
		return i.Network + " (" + s.Driver + ")"
	case i.Network == spec.NetworkPrivate:
		return i.Network + ": nothing connects it here; see sandbox doctor"
	}
	return i.Network
}

func statusWord(i spec.Info) string {
	switch {
	case i.Status == spec.Dead:
		return "dead: it ended without a down; sandbox up starts it again"
	case len(i.Background) > 0:
		return i.Status + ", in the background: " + strings.Join(i.Background, ", ")
	case i.HooksFailed != "":
		return i.Status + ", " + ui.Clean(i.HooksFailed) + " (in the background): " + goOnHooks
	case i.HooksPending:
		return i.Status + ", its hooks are not done: sandbox up goes on with them"
	}
	return i.Status
}
