package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/rootless-sandbox/sandbox"

// pkg is what `go list -json` says of a package. Imports are those of the
// program: neither of its tests nor of files behind build tags, as generators are.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Main bool }
}

// floor of a package below the module; packages of a floor may import each
// other and those below, never those above.
func floor(importPath string) (n int, known bool) {
	top, _, _ := strings.Cut(strings.TrimPrefix(importPath, module+"/"), "/")
	n, known = map[string]int{"cmd": 3, "bench": 3, "scripts": 3, "sandbox": 2, "config": 1, "templates": 1, "userns": 0}[top]
	return n, known
}

// only says which of our packages may import a foreign one; each entry covers
// what is below it as well.
func only() map[string][]string {
	return map[string][]string{
		"github.com/spf13/cobra":                     {"cmd/internal/cli"},
		"github.com/spf13/viper":                     {"config"},
		"golang.org/x/sys/unix":                      {"userns/internal/sys"},
		"github.com/rootless-containers/rootlesskit": {"sandbox/internal/netdriver", "userns"},
		"github.com/fsnotify/fsnotify":               {"sandbox/watch"},
		"github.com/google/go-containerregistry":     {"sandbox/image"},
	}
}

// leaves import nothing of ours.
func leaves() []string { return []string{"sandbox/spec", "templates", "userns/internal/sys"} }

func TestFloors(t *testing.T) {
	for _, p := range ours(t) {
		from, known := floor(p.ImportPath)
		if !known {
			t.Errorf("%s: belongs to no floor of the house", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if to, ours := floor(imported); ours && strings.HasPrefix(imported, module+"/") && to > from {
				t.Errorf("%s imports %s: upward", p.ImportPath, imported)
			}
		}
	}
}

func TestExclusiveImporters(t *testing.T) {
	for _, p := range ours(t) {
		for _, imported := range p.Imports {
			for foreign, allowed := range only() {
				if below(imported, foreign) && !slices.ContainsFunc(allowed, func(a string) bool {
					return below(p.ImportPath, path.Join(module, a))
				}) {
					t.Errorf("%s imports %s: only %v may", p.ImportPath, imported, allowed)
				}
			}
		}
	}
}

// TestCore: what initializes itself at length is not in the program that starts
// first, but in the whole one that it carries.
func TestCore(t *testing.T) {
	lacks(t, module+"/cmd/sandbox",
		"github.com/google/go-containerregistry", "github.com/ProtonMail/go-crypto", "github.com/klauspost/compress",
		"github.com/mikelolasagasti/xz", "github.com/docker/cli", "github.com/compose-spec/compose-go",
		"github.com/santhosh-tekuri/jsonschema", "github.com/moby/buildkit",
		module+"/sandbox/image/apt", module+"/sandbox/image/oci", module+"/sandbox/image/dockerfile",
	)
}

// TestMonitor: what stays beside each sandbox has nothing in it that only a command needs.
func TestMonitor(t *testing.T) {
	lacks(t, module+"/sandbox/internal/monitor/standalone",
		module+"/config", module+"/cmd", "github.com/spf13", "github.com/goccy/go-yaml", "net/http", "crypto/tls", "gvisor.dev/gvisor",
	)
}

// lacks: a program, as a part of the core, has none of the packages in it.
func lacks(t *testing.T, program string, packages ...string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", "core", "-deps", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(out))
	if !slices.Contains(all, program) {
		t.Errorf("%s is not among what it is made of", program)
	}
	for _, imported := range all {
		if slices.ContainsFunc(packages, func(p string) bool { return below(imported, p) }) {
			t.Errorf("%s has %s in it", program, imported)
		}
	}
}

func TestLeavesImportNothingOfOurs(t *testing.T) {
	for _, p := range ours(t) {
		if !slices.Contains(leaves(), strings.TrimPrefix(p.ImportPath, module+"/")) {
			continue
		}
		for _, imported := range p.Imports {
			if below(imported, module) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// What tests and generators need must not reach users, nor cost every start.
func TestTheProgramCarriesNoTools(t *testing.T) {
	for _, p := range list(t, "./cmd/sandbox") {
		for _, tool := range []string{
			"testing", "github.com/invopop/jsonschema", "github.com/rogpeppe/go-internal",
			"github.com/stretchr/testify",
		} {
			if below(p.ImportPath, tool) {
				t.Errorf("the program links %s", p.ImportPath)
			}
		}
	}
}

// The rules are worth nothing if they hold for no package.
func TestTheRulesSeeTheProgram(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range ours(t) {
		for _, imported := range p.Imports {
			seen[imported] = true
		}
	}
	for _, name := range []string{"github.com/spf13/cobra", "golang.org/x/sys/unix", module + "/sandbox/spec"} {
		if !seen[name] {
			t.Errorf("nothing imports %s", name)
		}
	}
}

func below(importPath, top string) bool {
	return importPath == top || strings.HasPrefix(importPath, top+"/")
}

// ours lists the packages of this module.
func ours(t *testing.T) []pkg {
	t.Helper()
	return slices.DeleteFunc(list(t, "./..."), func(p pkg) bool {
		return p.Standard || p.Module == nil || !p.Module.Main
	})
}

// list is everything that the packages of a pattern are made of.
func list(t *testing.T, pattern string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Module", pattern)
	cmd.Dir = filepath.Join("..", "..")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.String())
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
