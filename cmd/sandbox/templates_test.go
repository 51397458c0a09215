package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/templates"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestTemplates: each template makes a sandbox in which a small project of its kind
// is built and tested. They share one store: what is fetched is fetched once, also by two at a time.
func TestTemplates(t *testing.T) {
	usernstest.Require(t, usernstest.Archive)
	w := newTemplateWorld(t)
	top := w.top
	t.Run("tools", func(t *testing.T) { w.tools(t, filepath.Join(top, "tools")) })
	t.Run("databases", func(t *testing.T) { w.databases(t, filepath.Join(top, "databases")) })
	only := strings.Fields(os.Getenv("SANDBOX_TEST_TEMPLATES"))
	for _, each := range templates.List() {
		if len(only) > 0 && !slices.Contains(only, each.Name) {
			continue
		}
		t.Run(each.Name, func(t *testing.T) {
			t.Parallel()
			w.try(t, each.Name, filepath.Join(top, each.Name))
		})
	}
}

type templateWorld struct {
	env []string
	top string // where projects may be
}

// newTemplateWorld has a store of its own, and leaves nothing.
func newTemplateWorld(t *testing.T) *templateWorld {
	t.Helper()
	top := t.TempDir()
	runtime, err := os.MkdirTemp("/tmp", "sb") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtime) })
	home := filepath.Join(top, "home")
	w := &templateWorld{top: top, env: append(os.Environ(), "HOME="+home, "SANDBOX_DATA_DIR="+filepath.Join(top, "data"), "SANDBOX_RUNTIME_DIR="+runtime)}
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, args := range [][]string{{"rm", "--all", "--volumes"}, {"prune", "--all"}} {
			if out, err := w.sandbox(home, append([]string{"-C", top}, args...)...); err != nil {
				t.Errorf("%v: %v\n%s", args, err, out)
			}
		}
	})
	return w
}

func (w *templateWorld) sandbox(dir string, args ...string) (string, error) {
	c := exec.Command("sandbox", args...)
	c.Env, c.Dir = w.env, dir
	out, err := c.CombinedOutput()
	return string(out), err
}

// try begins with the template in a copy of its project, and runs its check inside.
func (w *templateWorld) try(t *testing.T, name, dir string) {
	source := filepath.Join("testdata/templates", name)
	check, err := os.ReadFile(filepath.Join(source, "check"))
	if err != nil {
		t.Fatal("no project to try it with: ", err)
	}
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for _, args := range [][]string{
		{"init", "--template", name}, {"config", "validate"}, {"up"}, {"exec", "--", "sh", "-c", string(check)}, {"rm", "--volumes"},
	} {
		if out, err := w.sandbox(dir, args...); err != nil {
			t.Fatalf("sandbox %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	t.Log(name, "in", time.Since(begin).Round(time.Second))
}
