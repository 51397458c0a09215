package sandbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// trusting is an engine, and a project whose configuration can change.
type trusting struct {
	t             *testing.T
	engine        *sandbox.Engine
	data, project string
}

func newTrusting(t *testing.T) *trusting {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &trusting{t: t, data: filepath.Join(top, "data"), project: filepath.Join(top, "project")}
	for _, dir := range []string{"project", "out", "other"} {
		if err := os.Mkdir(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if w.engine, err = sandbox.Open(sandbox.Options{DataDir: w.data, RuntimeDir: runtimeDir(t)}); err != nil {
		t.Fatal(err)
	}
	return w
}

// load writes a configuration and reads it.
func (w *trusting) load(project, text string) *config.Loaded {
	w.t.Helper()
	file := filepath.Join(project, ".sandbox.yaml")
	if err := os.WriteFile(file, []byte("version: 1\n"+text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	l, err := config.Load(config.LoadOptions{Project: config.Project{Dir: project, File: file}, Environ: []string{"HOME=/home/me"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *trusting) trust(l *config.Loaded) sandbox.Trust {
	w.t.Helper()
	t, err := w.engine.Trust(l)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

const asks = "pass_env: [A]\nmounts: [{source: link, target: /x}]\n"

// link makes the link of asks lead somewhere.
func (w *trusting) link(to string) {
	w.t.Helper()
	name := filepath.Join(w.project, "link")
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	if err := os.Symlink(to, name); err != nil {
		w.t.Fatal(err)
	}
}

func TestTrustIsBoundToWhatIsAsked(t *testing.T) {
	w := newTrusting(t)
	w.link("../out")
	first := w.trust(w.load(w.project, asks))
	if first.Trusted || !first.Given.IsZero() || len(first.Asks) != 2 || len(first.New)+len(first.Gone) > 0 {
		t.Fatalf("got %+v", first)
	}
	if err := w.engine.Accept(first); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text      string
		trusted   bool
		new, gone int
	}{
		"the same":          {asks, true, 0, 0},
		"another place":     {"# moved\nmounts:\n  - {target: /x, source: ./link}\nname: other\npass_env: [A]\nenv: {X: y}\n", true, 0, 0},
		"twice":             {"pass_env: [A, A]\nmounts: [{source: link, target: /x}]\n", true, 0, 0},
		"one more":          {asks + "network: {mode: host}\n", false, 1, 0},
		"one less":          {"pass_env: [A]\n", false, 0, 1},
		"another":           {"pass_env: [B]\nmounts: [{source: link, target: /x}]\n", false, 1, 1},
		"another target":    {"pass_env: [A]\nmounts: [{source: link, target: /y}]\n", false, 1, 1},
		"read-only instead": {"pass_env: [A]\nmounts: [{source: link, target: /x, readonly: true}]\n", false, 1, 1},
	} {
		got := w.trust(w.load(w.project, c.text))
		if got.Trusted != c.trusted || len(got.New) != c.new || len(got.Gone) != c.gone || got.Given.IsZero() {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestTrustEndsWhereALinkLeadsElsewhere(t *testing.T) {
	w := newTrusting(t)
	w.link("../out")
	shown := w.load(w.project, asks)
	seen := w.trust(shown)
	w.link("../other") // between the showing and the answer
	if err := w.engine.Accept(seen); err != nil {
		t.Fatal(err)
	}
	now := w.trust(w.load(w.project, asks))
	if now.Trusted || len(now.New) != 1 || !strings.HasSuffix(strings.SplitN(now.New[0], ")", 2)[0], "/other") {
		t.Errorf("got %+v", now)
	}
	// What was shown is what is mounted, however often it is asked for.
	s, _, err := sandbox.Plan(shown, host(t), sandbox.Request{Trusted: seen.Words()})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(w.project), "out"); s.Mounts[0].Source != want || !s.Mounts[0].Exact {
		t.Errorf("got %+v, want %s", s.Mounts[0], want)
	}
}

func TestTrustIsOfOneProject(t *testing.T) {
	w := newTrusting(t)
	if err := w.engine.Accept(w.trust(w.load(w.project, "pass_env: [A]\n"))); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(w.project), "other")
	if got := w.trust(w.load(other, "pass_env: [A]\n")); got.Trusted || !got.Given.IsZero() {
		t.Errorf("a copy: got %+v", got)
	}
	if was, err := w.engine.Revoke(w.project); !was || err != nil {
		t.Errorf("got %v, %v", was, err)
	}
	if got := w.trust(w.load(w.project, "pass_env: [A]\n")); got.Trusted {
		t.Errorf("revoked: got %+v", got)
	}
}

func TestTrustFileThatWasChanged(t *testing.T) {
	w := newTrusting(t)
	l := w.load(w.project, "pass_env: [A]\n")
	if err := w.engine.Accept(w.trust(l)); err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(filepath.Join(w.data, "trust", "*.json"))
	if err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	text := read(t, list[0])
	for name, other := range map[string]string{
		"other words":   strings.Replace(text, "variable A", "variable B", 1),
		"other version": strings.Replace(text, `"version": 1`, `"version": 2`, 1),
		"half of it":    text[:len(text)/2],
	} {
		if err := os.WriteFile(list[0], []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := w.trust(l); got.Trusted || got.Problem == nil || !got.Given.IsZero() {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if err := w.engine.Accept(w.trust(l)); err != nil {
		t.Fatal(err)
	}
	if got := w.trust(l); !got.Trusted || got.Problem != nil {
		t.Errorf("given anew: got %+v", got)
	}
	all, err := w.engine.Trusts()
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0].Asks, []string{"the variable A of your environment"}) || all[0].Version != store.TrustVersion {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestPlanRefusesWhatIsNotTrusted(t *testing.T) {
	w := newTrusting(t)
	l := w.load(w.project, "pass_env: [A, B]\n")
	words := w.trust(l).Words()
	for name, c := range map[string]struct {
		request sandbox.Request
		ok      bool
	}{
		"nothing":   {sandbox.Request{}, false},
		"a part":    {sandbox.Request{Trusted: words[:1]}, false},
		"all":       {sandbox.Request{Trusted: words}, true},
		"more":      {sandbox.Request{Trusted: append(words, "x")}, true},
		"this time": {sandbox.Request{Trust: true}, true},
	} {
		_, _, err := sandbox.Plan(l, host(t), c.request)
		var untrusted *sandbox.UntrustedError
		if c.ok != (err == nil) || err != nil && (!errors.As(err, &untrusted) || len(untrusted.Asks) != 2) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
