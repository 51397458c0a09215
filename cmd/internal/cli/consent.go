package cli

import (
	"fmt"
	"io"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// trustEngine is what trust needs of sandbox.Engine.
type trustEngine interface {
	Trust(*config.Loaded) (sandbox.Trust, error)
	Accept(sandbox.Trust) error
	Revoke(project string) (bool, error)
	Trusts() ([]store.Trust, error)
}

// consent is what the user has agreed to of what a project asks of the host. In a
// terminal a user who has not is asked now; elsewhere the plan will refuse.
func (a *app) consent(p config.Project, l *config.Loaded, features *sandbox.Features) ([]string, error) {
	if len(l.HostRequests()) == 0 {
		return nil, nil
	}
	files, err := a.filesAlone(p, l)
	if err != nil {
		return nil, err
	}
	features.Ask(files)
	engine, err := a.backend.trust()
	if err != nil {
		return nil, err
	}
	t, err := engine.Trust(files)
	if err != nil {
		return nil, err
	}
	if !t.Trusted {
		if err := a.askTrust(engine, t); err != nil {
			return nil, err
		}
	}
	return t.Words(), nil
}

// filesAlone is the configuration without what flags and variables say: the trust
// is about the project's files, and stays the same whatever flags are used.
func (a *app) filesAlone(p config.Project, l *config.Loaded) (*config.Loaded, error) {
	over := false
	for _, o := range l.Origins {
		over = over || o.Layer == "env" || o.Layer == "flag"
	}
	if !over {
		return l, nil
	}
	o := a.loadOptions(p, nil)
	o.FilesOnly = true
	files, err := a.backend.load(o)
	if err == nil {
		a.applyFacts(files)
	}
	return files, err
}

// askTrust shows what is asked and waits for the user's word. No terminal, no
// question: an *sandbox.UntrustedError.
func (a *app) askTrust(engine trustEngine, t sandbox.Trust) error {
	if !a.mayAsk() {
		return &sandbox.UntrustedError{Trust: t}
	}
	a.story.Errors(func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s\n", ui.Clean(trustMessage(t)))
		for _, line := range a.trustLines(t) {
			_, _ = fmt.Fprintf(w, "  %s\n", ui.Clean(line))
		}
	})
	if !a.agree("do you trust this project with it?") {
		return &declinedError{}
	}
	return engine.Accept(t)
}

// declinedError: the user was asked, and said no.
type declinedError struct{}

func (*declinedError) Error() string { return "not trusted: nothing was done" }

func trustMessage(t sandbox.Trust) string {
	what := plural(len(t.Asks), "thing", "things") + " of the host"
	switch {
	case t.Problem != nil:
		return "the configuration of this project asks for " + what + "; what you agreed to before is not known: " + t.Problem.Error()
	case !t.Given.IsZero():
		return "the configuration of this project asks for other things of the host than those that you agreed to on " + t.Given.Local().Format("2006-01-02")
	}
	return "the configuration of this project asks for " + what
}

// trustLines are what is asked with its place; beside an older word of the user's,
// what is new (+) and what is asked no more (-).
func (a *app) trustLines(t sandbox.Trust) []string {
	fresh := map[string]bool{}
	for _, words := range t.New {
		fresh[words] = true
	}
	mark := func(sign string) string {
		if len(t.New)+len(t.Gone) == 0 {
			return ""
		}
		return sign + " "
	}
	var out []string
	for _, ask := range t.Asks {
		sign := " "
		if fresh[ask.What] {
			sign = "+"
		}
		out = append(out, mark(sign)+a.origin(ask.Origin)+ask.What)
	}
	for _, words := range t.Gone {
		out = append(out, mark("-")+words)
	}
	return out
}
