package cli

import (
	"cmp"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
	"github.com/rootless-sandbox/sandbox/templates"
)

// testCase is one test with one set of surroundings.
type testCase struct {
	name    string
	label   string // its place in the matrix: image=apt:trixie GO=1.26
	test    config.Test
	words   []string
	timeout time.Duration
	spec    spec.Spec
	options sandbox.PristineOptions
	base    spec.Spec // before the options
	around  testrun.Environment
	digest  string // of all that surrounds it
	inputs  string // and of the project's files
	passed  *passedRun
	was     *testrun.Result // of the record that is repeated
}

func (c testCase) title() string {
	if c.label == "" {
		return c.name
	}
	return c.name + " [" + c.label + "]"
}

// plan decides what is run.
func (t *tester) plan(names, command []string) error {
	o := t.flags
	p, err := t.app.project()
	if err != nil {
		return err
	}
	loaded, plan, err := t.testPlanner(p, o)
	if err != nil {
		return err
	}
	t.project, t.config = p, loaded.Digest
	env, err := environment(o.env, t.world.environ())
	if err != nil {
		return err
	}
	if t.replayed != nil {
		return t.planReplay(loaded, env, plan)
	}
	tests, err := chosenTests(loaded, names, command)
	if err != nil {
		return err
	}
	cells := []cell{{}}
	if o.matrix {
		if cells, err = matrixCells(loaded.Config.Test.Matrix, loaded.Config.Image); err != nil {
			return err
		}
	}
	for _, one := range tests {
		for _, cell := range cells {
			c, err := one.in(cell, o, env, plan)
			if err != nil {
				return err
			}
			t.cases = append(t.cases, c)
		}
	}
	return nil
}

// in is the test in one cell of the matrix.
func (c testCase) in(cell cell, o testFlags, env []string, plan func(image string) (spec.Spec, error)) (testCase, error) {
	s, err := plan(cell.image)
	if err != nil {
		return c, err
	}
	c.label, c.timeout = cell.label(), o.timeout
	if c.timeout == 0 && c.test.Timeout != "" {
		c.timeout, _ = time.ParseDuration(c.test.Timeout) // which was checked
	}
	c.options.Network = cmp.Or(o.network, c.test.Network)
	for _, key := range slices.Sorted(maps.Keys(c.test.Env)) {
		c.options.Env = append(c.options.Env, key+"="+c.test.Env[key])
	}
	c.options.Env = slices.Concat(c.options.Env, cell.env, env)
	c.options.Services = c.test.Services
	c.base, c.spec = s, sandbox.PristineSpec(s, c.options)
	return c, nil
}

// command is what runs inside.
func (c testCase) command() spec.Command {
	dir := c.spec.Start()
	if c.test.Workdir != "" {
		dir = path.Join(dir, c.test.Workdir)
	}
	return spec.Command{Args: c.words, Dir: dir}
}

// chosenTests are those of the words, or all, or what fits the project.
func chosenTests(l *config.Loaded, names, command []string) ([]testCase, error) {
	all := l.Config.Test.Runs
	for _, name := range names {
		if _, ok := all[name]; !ok {
			return nil, unknownTest(name, l.Config.Test.Names())
		}
	}
	switch {
	case len(names) == 0 && len(command) > 0:
		return []testCase{{name: strings.Join(command, " "), words: command}}, nil
	case len(command) > 0 && len(names) > 1:
		return nil, usagef("one test's name before a command, not %d", len(names))
	case len(names) == 0 && len(all) == 0:
		words, _ := templates.TestCommand(os.DirFS(l.Project.Dir))
		if len(words) == 0 {
			return nil, &noTestError{l.Project.Dir}
		}
		return []testCase{{name: strings.Join(words, " "), words: words}}, nil
	case len(names) == 0:
		names = l.Config.Test.Names()
	}
	var out []testCase
	for _, name := range names {
		t := all[name]
		words := t.Run.Exec
		if t.Run.Shell != "" {
			words = []string{"/bin/sh", "-c", t.Run.Shell}
		}
		if len(command) > 0 {
			words = command
		}
		for _, service := range t.Services {
			if _, ok := l.Config.Services[service]; !ok {
				return nil, &testServicesError{name, service}
			}
		}
		out = append(out, testCase{name: name, test: t, words: words})
	}
	return out, nil
}

func unknownTest(name string, known []string) error {
	u := usagef("no test %q in the configuration", name)
	if n := nearest(name, known); n != "" {
		u.paste = "sandbox test " + quote(n)
	} else if len(known) > 0 {
		u.paste = "sandbox test " + quote(known[0])
	}
	return u
}

// noTestError: nobody said what a test is, and no file does.
type noTestError struct{ dir string }

func (e *noTestError) Error() string {
	return "test " + e.dir + ": the configuration names no test, and no file says how this project is tested"
}

// testServicesError: a test asks for a service that nobody has described.
type testServicesError struct{ test, service string }

func (e *testServicesError) Error() string {
	return "test " + e.test + ": service " + quote(e.service) + " is none of services"
}

// testPlanner reads the configuration once; what it answers plans for the project's image, or another one.
func (a *app) testPlanner(p config.Project, o testFlags) (*config.Loaded, func(string) (spec.Spec, error), error) {
	set := o.overrides()
	delete(set, "network.mode") // the tests' own
	loaded, err := a.load(p, set)
	if err != nil {
		return nil, nil, err
	}
	host, err := a.backend.readHost()
	if err != nil {
		return nil, nil, err
	}
	r := sandbox.Request{Instance: a.flags.name, Trust: o.trust, Ephemeral: true}
	if err := a.readImage(p, loaded, host, r); err != nil {
		return nil, nil, err
	}
	if r.Features, err = a.findFeatures(p, loaded, host, r); err != nil {
		return nil, nil, err
	}
	if !r.Trust {
		if r.Trusted, err = a.consent(p, loaded, r.Features); err != nil {
			return nil, nil, err
		}
	}
	told := map[spec.Degradation]bool{}
	return loaded, func(image string) (spec.Spec, error) {
		l := *loaded
		if image != "" {
			l.Config.Image, l.Config.Build = image, config.Build{}
		}
		s, degraded, err := a.backend.plan(&l, host, r)
		if err == nil && len(l.Config.EnvFile) > 0 {
			if r.FileEnv, err = a.backend.readEnv(l.Places(l.Config.EnvFile), host, p.Dir); err == nil {
				s, degraded, err = a.backend.plan(&l, host, r)
			}
		}
		for _, d := range degraded {
			if a.flags.verbose && !told[d] {
				a.tellDegraded([]spec.Degradation{d})
			}
			told[d] = true
		}
		return s, err
	}, nil
}
