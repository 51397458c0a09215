package cli

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/config/devcontainer"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// devcontainer is the file of --config, "" without.
func (a *app) devcontainer() string {
	path := a.flags.config
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	if cwd, err := a.cwd(); err == nil {
		return filepath.Join(cwd, path)
	}
	return path
}

// readImage asks what the image says of itself, which a devcontainer.json builds on.
// Nothing is asked of a place that the user has not agreed to.
func (a *app) readImage(p config.Project, l *config.Loaded, h sandbox.Host, r sandbox.Request) error {
	if l.Dev == nil {
		return nil
	}
	if !r.Trust && a.imageElsewhere(l) {
		if err := a.atLeast(p, l); err != nil {
			return err
		}
	}
	ctx, stop := interruptible(context.Background())
	defer stop()
	facts, err := a.backend.facts(ctx, l, h, a.ask, a.story.Event)
	if err != nil {
		return because(ctx, err)
	}
	a.facts = &facts
	a.applyFacts(l)
	return nil
}

// atLeast makes sure that the user has agreed to what is asked without the image.
func (a *app) atLeast(p config.Project, l *config.Loaded) error {
	files, err := a.filesAlone(p, l)
	if err != nil {
		return err
	}
	engine, err := a.backend.trust()
	if err != nil {
		return err
	}
	t, err := engine.Trust(files)
	if err != nil || len(t.Asks) == 0 || !t.Given.IsZero() && len(t.New) == 0 {
		return err
	}
	_, err = a.consent(p, l, nil)
	return err
}

// trustImage is readImage for who looks at what is asked: before anything is agreed to,
// a place of the project's own choice is not asked.
func (a *app) trustImage(p config.Project, l *config.Loaded, engine trustEngine) error {
	if l.Dev == nil {
		return nil
	}
	if a.imageElsewhere(l) {
		if t, err := engine.Trust(l); err != nil || t.Given.IsZero() || len(t.New) > 0 {
			return err
		}
	}
	host, err := a.backend.readHost()
	if err != nil {
		return err
	}
	return a.readImage(p, l, host, sandbox.Request{Trust: true})
}

// showImage adds what an image that is here says, for who looks at the configuration.
func (a *app) showImage(p config.Project, l *config.Loaded) error {
	if l.Dev == nil || !l.Config.Builds() && a.imageElsewhere(l) { // of one that was built nobody is asked
		return nil
	}
	host, err := a.backend.readHost()
	if err != nil {
		return err
	}
	a.ask = sandbox.AskHere
	return a.readImage(p, l, host, sandbox.Request{Trust: true})
}

func (a *app) applyFacts(l *config.Loaded) {
	if a.facts != nil && a.facts.Known {
		l.WithImage(a.facts.Label, a.facts.User)
		l.WithCommand(a.facts.Command)
	}
}

// imageElsewhere: a file of the project decides where the image comes from.
func (a *app) imageElsewhere(l *config.Loaded) bool {
	if l.Config.Builds() || config.ParseImage(l.Config.Image).IsPath() {
		return true
	}
	for key, o := range l.Origins {
		if strings.HasPrefix(key, "registry") && (o.Layer == "project" || o.Layer == "local") {
			return true
		}
	}
	return false
}

// unmet is what a devcontainer.json asks of this machine and does not get.
func unmet(l *config.Loaded, dir string) []spec.Degradation {
	if l.Dev == nil || l.Dev.Requirements == (devcontainer.HostRequirements{}) {
		return nil
	}
	return sandbox.Unmet(l.Dev.Requirements, sandbox.ReadMachine(dir))
}
