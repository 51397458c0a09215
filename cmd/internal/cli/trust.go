package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

type trustFlags struct{ show, revoke, all, yes, json bool }

func newCmdTrust(a *app) *cobra.Command {
	var o trustFlags
	c := &cobra.Command{
		Use:   "trust [flags]",
		Short: "agree to what this project's files ask of this machine",
		Long: `Shows what the project's files ask of this machine beyond the project's directory,
what changed since you agreed last, and asks for your word. It counts for exactly
that, for the project at this place: another request, a link that leads elsewhere or
a copy of the project needs a new one. What the files say besides may change.`,
		Example: `  sandbox trust
  sandbox trust --show
  sandbox trust --revoke
  sandbox trust --show --all --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.trust(o) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&o.show, "show", false, "only show what is asked, and whether you agreed")
	f.BoolVar(&o.revoke, "revoke", false, "take your word back; what runs keeps what it has")
	f.BoolVar(&o.all, "all", false, "with --show and --revoke: every project that you agreed to something for")
	f.BoolVar(&o.yes, "yes", false, "agree without being asked")
	f.BoolVar(&o.json, "json", false, "as JSON")
	return c
}

func (a *app) trust(o trustFlags) error {
	switch {
	case o.show && o.revoke, o.yes && (o.show || o.revoke):
		return usagef("--show, --revoke and --yes exclude each other")
	case o.all && !o.show && !o.revoke:
		return usagef("--all: with --show or --revoke")
	}
	engine, err := a.backend.trust()
	if err != nil {
		return err
	}
	switch {
	case o.show && o.all:
		return a.trustShowAll(engine, o.json)
	case o.revoke:
		return a.trustRevoke(engine, o.all)
	}
	p, err := a.project()
	if err != nil {
		return err
	}
	l, err := a.load(p, nil)
	if err != nil {
		return err
	}
	if err := a.trustImage(p, l, engine); err != nil {
		return err
	}
	if l, err = a.filesAlone(p, l); err != nil {
		return err
	}
	if err := a.askForFeatures(l, o.show); err != nil {
		return err
	}
	t, err := engine.Trust(l)
	if err != nil {
		return err
	}
	if o.show || t.Trusted || len(t.Asks) == 0 {
		return a.trustShow(t, o.json)
	}
	return a.trustGive(engine, t, o)
}

func (a *app) trustGive(engine trustEngine, t sandbox.Trust, o trustFlags) error {
	var err error
	if o.yes {
		err = engine.Accept(t)
	} else {
		err = a.askTrust(engine, t)
	}
	if err != nil {
		return err
	}
	t.Trusted, t.New, t.Gone, t.Given, t.Problem = true, nil, nil, time.Now(), nil
	if o.yes || o.json {
		return a.trustShow(t, o.json)
	}
	a.story.Event(spec.Event{Kind: "trust", Name: a.short(t.Project), State: "ok", Detail: "given; sandbox trust --revoke takes it back"})
	return nil
}

// jsonTrust is trust --json. Its names are a contract.
type jsonTrust struct {
	Project string    `json:"project"`
	Trusted bool      `json:"trusted"` // all that is asked
	Given   time.Time `json:"given,omitzero"`
	Asks    []jsonAsk `json:"asks"`
	New     []string  `json:"new,omitempty"`
	Gone    []string  `json:"gone,omitempty"`
	Problem string    `json:"problem,omitempty"`
}

type jsonAsk struct {
	What string `json:"what"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

func (a *app) trustShow(t sandbox.Trust, asJSON bool) error {
	if asJSON {
		j := jsonTrust{Project: t.Project, Trusted: t.Trusted || len(t.Asks) == 0, Given: t.Given, Asks: []jsonAsk{}, New: t.New, Gone: t.Gone}
		for _, ask := range t.Asks {
			j.Asks = append(j.Asks, jsonAsk{ask.What, ask.Origin.File, ask.Origin.Line})
		}
		if t.Problem != nil {
			j.Problem = t.Problem.Error()
		}
		return ui.JSON(a.Out, j)
	}
	var b strings.Builder
	b.WriteString(ui.Clean(trustState(t)) + "\n")
	for _, line := range a.trustLines(t) {
		b.WriteString("  " + ui.Clean(line) + "\n")
	}
	_, err := a.Out.WriteString(b.String())
	return err
}

func trustState(t sandbox.Trust) string {
	switch {
	case len(t.Asks) == 0 && len(t.Gone) == 0:
		return "this project's files ask for nothing of the host"
	case len(t.Asks) == 0:
		return "this project's files ask for nothing of the host any more"
	case t.Trusted:
		return "trusted since " + t.Given.Local().Format("2006-01-02 15:04") + ":"
	}
	return "not trusted: " + trustMessage(t)
}

func (a *app) trustShowAll(engine trustEngine, asJSON bool) error {
	list, err := engine.Trusts()
	if err != nil {
		return err
	}
	all := make([]jsonTrust, 0, len(list))
	rows := make([][]string, 0, len(list))
	for _, t := range list {
		j := jsonTrust{Project: t.Project, Trusted: true, Given: t.Given, Asks: []jsonAsk{}}
		for _, what := range t.Asks {
			j.Asks = append(j.Asks, jsonAsk{What: what})
			rows = append(rows, []string{a.short(t.Project), t.Given.Local().Format("2006-01-02 15:04"), what})
		}
		all = append(all, j)
	}
	if asJSON {
		return ui.JSON(a.Out, all)
	}
	return ui.Table(a.Out, []string{"PROJECT", "SINCE", "WHAT"}, rows)
}

func (a *app) trustRevoke(engine trustEngine, all bool) error {
	projects := []string{}
	if all {
		list, err := engine.Trusts()
		if err != nil {
			return err
		}
		for _, t := range list {
			projects = append(projects, t.Project)
		}
	} else {
		p, err := a.project()
		if err != nil {
			return err
		}
		projects = append(projects, p.Dir)
	}
	for _, dir := range projects {
		was, err := engine.Revoke(dir)
		if err != nil {
			return err
		}
		detail := "revoked"
		if !was {
			detail = "there was none"
		}
		a.story.Event(spec.Event{Kind: "trust", Name: a.short(dir), State: "ok", Detail: detail})
	}
	if len(projects) == 0 {
		a.story.Note("you have agreed to nothing, for no project")
	}
	return nil
}
