package config

import (
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Tests are what `sandbox test` runs, by name, and what to vary with --matrix.
type Tests struct {
	Runs   map[string]Test
	Matrix Matrix
}

// matrixName is the one entry of test that is no test.
const matrixName = "matrix"

// Test is one command that is run in a pristine sandbox, over a copy-on-write view of the project.
type Test struct {
	// Run is the command: a text for the shell, or a program and its arguments.
	Run Hook `yaml:"run" json:"run,omitzero" required:"true"`
	// Network is what the test can reach: none (only itself, the default), private or filtered.
	Network string `yaml:"network" json:"network,omitempty" enum:"none private filtered"`
	// Timeout ends a test that takes longer: 90s, 10m, 1h30m. Before that it is asked for its stacks by SIGQUIT.
	Timeout string `yaml:"timeout" json:"timeout,omitempty" check:"duration"`
	// Artifacts are files that come out by copy: patterns relative to the project, where ** stands for any directories.
	Artifacts []string `yaml:"artifacts" json:"artifacts,omitempty" check:"pattern"`
	// Env are variables of the test, over those of the sandbox.
	Env map[string]string `yaml:"env" json:"env,omitempty" check:"env"`
	// Services are names of services that are started fresh for each run.
	Services []string `yaml:"services" json:"services,omitempty" check:"label"`
	// Workdir is the directory that the command starts in, relative to the project.
	Workdir string `yaml:"workdir" json:"workdir,omitempty" check:"below"`
}

// Matrix is what the tests are run over with --matrix: each image in each version, with each value of each variable.
type Matrix struct {
	// Image are the images to test in.
	Image []string `yaml:"image" json:"image,omitempty" check:"image"`
	// Version are the versions of the images, or of the project's: tags, for apt: suites.
	Version []string `yaml:"version" json:"version,omitempty" check:"label"`
	// Env are the values to test with, by the name of the variable.
	Env map[string][]string `yaml:"env" json:"env,omitempty"`
}

// IsZero reports whether there is no test and nothing to vary.
func (t Tests) IsZero() bool { return len(t.Runs) == 0 && t.Matrix.IsZero() }

// IsZero reports whether there is nothing to vary.
func (m Matrix) IsZero() bool { return len(m.Image) == 0 && len(m.Version) == 0 && len(m.Env) == 0 }

// Names are the tests' in order.
func (t Tests) Names() []string { return slices.Sorted(maps.Keys(t.Runs)) }

// MarshalJSON writes them as they stand in a file.
func (t Tests) MarshalJSON() ([]byte, error) {
	all := map[string]any{}
	for name, test := range t.Runs {
		all[name] = test
	}
	if !t.Matrix.IsZero() {
		all[matrixName] = t.Matrix
	}
	return json.Marshal(all)
}

// tests reads the map of tests. A test of a later file replaces that of an earlier one as a whole.
func (d *decoder) tests(n ast.Node, t *Tests, key string) {
	if _, ok := n.(*ast.MappingNode); !ok && pairs(n) == nil {
		d.failKey(start(n), key, "expected keys and values, found %s", describe(n))
		return
	}
	d.from(start(n), key)
	d.entries(n, key, func(e entry) {
		if e.name == matrixName {
			forgetBelow(d.origins, e.key)
			t.Matrix = Matrix{}
			d.value(e.value, reflect.ValueOf(&t.Matrix).Elem(), field{}, e.key)
			return
		}
		if message := checkLabel(e.name); message != "" {
			d.failKey(e.at, key, "%s", message)
			return
		}
		forgetBelow(d.origins, e.key)
		var one Test
		d.value(e.value, reflect.ValueOf(&one).Elem(), field{}, e.key)
		if t.Runs == nil {
			t.Runs = map[string]Test{}
		}
		t.Runs[e.name] = one
	})
}

// forgetBelow removes the origins of a value that is replaced.
func forgetBelow(origins map[string]Origin, key string) {
	maps.DeleteFunc(origins, func(k string, _ Origin) bool { return strings.HasPrefix(k, key+".") })
}

// test checks what the keys of one test mean together.
func (d *decoder) test(t *Test, seen map[string]entry, key string) {
	run, ok := seen["run"]
	switch {
	case !ok:
	case len(t.Run.Parallel) > 0:
		d.failKey(start(run.value), key+".run", "expected a text or a list: each command is a test of its own")
	case t.Run.IsZero():
		d.failKey(run.at, key+".run", "has no command")
	}
}

// lists merges lists by their keys, as maps are.
func (d *decoder) lists(n ast.Node, into map[string][]string, key string) {
	if _, ok := n.(*ast.MappingNode); !ok && pairs(n) == nil {
		d.failKey(start(n), key, "expected keys and values, found %s", describe(n))
		return
	}
	d.from(start(n), key)
	d.entries(n, key, func(e entry) {
		if message := checkEnv(e.name, ""); message != "" {
			d.failKey(e.at, e.key, "%s", message)
			return
		}
		value := d.follow(e.value)
		seq, ok := value.(*ast.SequenceNode)
		if value == nil || !ok {
			d.failKey(e.at, e.key, "expected a list of values")
			return
		}
		into[e.name] = d.words(seq, e.key, e.at)
	})
}

// words are the values of one variable: numbers and truth values count as they are written.
func (d *decoder) words(seq *ast.SequenceNode, key string, at *token.Token) []string {
	out := []string{}
	d.from(at, key)
	d.inList++
	defer func() { d.inList-- }()
	for i, item := range seq.Values {
		value := d.follow(item)
		if value == nil || !d.spend(value) {
			return out
		}
		entry := key + "[" + strconv.Itoa(i) + "]"
		s, _, ok := word(value)
		if !ok {
			d.failKey(start(value), entry, "expected text, found %s", describe(value))
			continue
		}
		s, checked, ok := d.expand(value, s, entry, field{})
		if !ok {
			continue
		}
		if message := checkText(s); checked && message != "" {
			d.failKey(start(value), entry, "%s", message)
		}
		out = append(out, s)
	}
	return out
}

// checkBelow takes a path that stays in the project.
func checkBelow(s string) string {
	if message := checkPath(s); message != "" {
		return message
	}
	if clean := path.Clean(s); path.IsAbs(s) || clean == ".." || strings.HasPrefix(clean, "../") {
		return quoted(s) + " is not below the project: expected a relative path"
	}
	return ""
}

// checkPattern takes a path with *, ?, [] and ** that stays in the project.
func checkPattern(s string) string {
	if message := checkBelow(s); message != "" {
		return message
	}
	for _, part := range strings.Split(s, "/") {
		if part == ".." {
			return quoted(s) + " leads up: expected a pattern without .."
		}
		if _, err := path.Match(part, ""); err != nil {
			return quoted(s) + " is no pattern: *, ?, [a-z], and ** for any directories"
		}
	}
	return ""
}
