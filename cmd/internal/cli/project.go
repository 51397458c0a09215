package cli

import (
	"os"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// cwdError: the directory that the program was called in is gone.
type cwdError struct{ err error }

func (e *cwdError) Error() string { return "working directory: " + cause(e.err) }
func (e *cwdError) Unwrap() error { return e.err }

func (a *app) cwd() (string, error) {
	dir, err := a.world.getwd()
	if err != nil {
		return "", &cwdError{err}
	}
	return dir, nil
}

// start is the directory from which the project is looked for, without
// symbolic links, so that one project has one name.
func (a *app) start() (string, error) {
	dir, err := a.cwd()
	if err != nil {
		return "", err
	}
	if a.flags.project != "" {
		return namedDir(dir, a.flags.project)
	}
	return realDir(dir)
}

// namedDir is the directory of --project.
func namedDir(cwd, name string) (string, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(cwd, name)
	}
	dir, err := realDir(name)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", &sandbox.ProjectError{Dir: dir, Why: "not a directory"}
	}
	return dir, nil
}

func realDir(dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", &sandbox.ProjectError{Dir: dir, Why: cause(err)}
	}
	return real, nil
}

// project finds the project; it reads no configuration.
func (a *app) project() (config.Project, error) {
	start, err := a.start()
	if err != nil {
		return config.Project{}, err
	}
	a.found, err = a.backend.find(start, a.world.getenv("HOME"))
	return a.found, err
}

// sandboxID names this project's sandbox, without its configuration.
func (a *app) sandboxID() (string, config.Project, error) {
	p, err := a.project()
	if err != nil {
		return "", p, err
	}
	return a.backend.id(p.Dir, a.flags.name), p, nil
}

// load reads the configuration of a project under the flags that override it.
func (a *app) load(p config.Project, overrides map[string]string) (*config.Loaded, error) {
	a.set = overrides
	return a.backend.load(a.loadOptions(p, overrides))
}

func (a *app) loadOptions(p config.Project, overrides map[string]string) config.LoadOptions {
	return config.LoadOptions{Project: p, UserFile: a.userFile(), Environ: a.world.environ(), Flags: overrides, Devcontainer: a.devcontainer()}
}

// userFile is the user's own settings, by the XDG base directory specification.
func (a *app) userFile() string {
	base := a.world.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) { // the specification: a relative path is ignored
		home := a.world.getenv("HOME")
		if home == "" {
			return ""
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "sandbox", "config.yaml")
}

// plan is the way from a command line to a Spec: configuration, host, plan.
func (a *app) plan(p config.Project, overrides map[string]string, r sandbox.Request) (spec.Spec, []spec.Degradation, error) {
	loaded, err := a.load(p, overrides)
	if err != nil {
		return spec.Spec{}, nil, err
	}
	host, err := a.backend.readHost()
	if err != nil {
		return spec.Spec{}, nil, err
	}
	r.Instance = a.flags.name
	if err := a.readImage(p, loaded, host, r); err != nil {
		return spec.Spec{}, nil, err
	}
	if r.Features, err = a.findFeatures(p, loaded, host, r); err != nil {
		return spec.Spec{}, nil, err
	}
	if !r.Trust {
		if r.Trusted, err = a.consent(p, loaded, r.Features); err != nil {
			return spec.Spec{}, nil, err
		}
	}
	s, degraded, err := a.backend.plan(loaded, host, r)
	degraded = append(degraded, unmet(loaded, p.Dir)...)
	if err != nil || len(loaded.Config.EnvFile) == 0 {
		return s, degraded, err
	}
	// Only now is it certain that these files may be read: the first plan
	// refuses those outside of the project.
	if r.FileEnv, err = a.backend.readEnv(loaded.Places(loaded.Config.EnvFile), host, p.Dir); err != nil {
		return spec.Spec{}, nil, err
	}
	s, degraded, err = a.backend.plan(loaded, host, r)
	return s, append(degraded, unmet(loaded, p.Dir)...), err
}
