package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// asking makes the bench's project ask for a variable and for the host's network.
func (b *bench) asking() {
	file := filepath.Join(b.project, ".sandbox.yaml")
	b.backend.load = func(o config.LoadOptions) (*config.Loaded, error) {
		b.loads = append(b.loads, o)
		l := &config.Loaded{
			Config: config.Config{PassEnv: []string{"TOKEN"}, Network: config.Network{Mode: "host"}},
			Origins: map[string]config.Origin{
				"pass_env[0]":  {Layer: "project", File: file, Line: 3},
				"network.mode": {Layer: "project", File: file, Line: 4},
			},
			Project: config.Project{Dir: b.project},
		}
		if mode, ok := o.Flags["network.mode"]; ok {
			l.Config.Network.Mode, l.Origins["network.mode"] = mode, config.Origin{Layer: "flag"}
		}
		return l, nil
	}
}

const (
	asksVariable = "the variable TOKEN of your environment"
	asksNetwork  = "the network of this host, with whatever listens on its loopback interface"
)

func TestTrustWithoutATerminal(t *testing.T) {
	for verb, hint := range map[string]string{
		"trust": "hint: sandbox trust --yes   # ", "up": "hint: sandbox trust   # ", "run": "hint: sandbox trust   # ", "shell": "hint: sandbox trust   # ",
	} {
		b := newBench(t)
		b.asking()
		args := []string{verb}
		switch verb {
		case "run":
			args = append(args, "true")
		case "shell":
			b.engine.err["exec id"] = []error{sandbox.ErrNotFound}
		}
		r := b.run(args...)
		for _, want := range []string{"error[SBX0204]: ", "  .sandbox.yaml:3: " + asksVariable, "  .sandbox.yaml:4: " + asksNetwork, hint} {
			if !strings.Contains(r.err, want) {
				t.Errorf("%s: got\n%s\nwant %s", verb, r.err, want)
			}
		}
		if r.code != 125 || len(b.trust.given) > 0 || strings.Contains(strings.Join(b.engine.calls, " "), "up") {
			t.Errorf("%s: %+v, %v", verb, r, b.engine.calls)
		}
	}
}

func TestTrustGiven(t *testing.T) {
	b := newBench(t)
	b.asking()
	if r := b.run("trust", "--yes"); r.code != 0 || len(b.trust.given) != 1 || len(b.trust.given[0].Asks) != 2 || !strings.Contains(r.out, "trusted since ") {
		t.Errorf("%+v, %v", r, b.trust.given)
	}
	b.trust.answer.Trusted = true
	for _, args := range [][]string{{"up"}, {"up", "--network", "none"}} {
		if r := b.run(args...); r.code != 0 || len(b.request.Trusted) != 2 || b.request.Trust {
			t.Errorf("%v: %+v, %+v", args, r, b.request)
		}
	}
}

// The trust is about the files: flags change neither what is asked nor the answer.
func TestTrustIsAboutTheFiles(t *testing.T) {
	b := newBench(t)
	b.asking()
	b.env["SANDBOX_NETWORK_MODE"] = "none"
	r := b.run("up", "--network", "none")
	last := b.loads[len(b.loads)-1]
	if r.code != 125 || !strings.Contains(r.err, asksNetwork) || last.Flags != nil || !last.FilesOnly {
		t.Errorf("%+v, loaded with %+v", r, last)
	}
}

func TestTrustFlagAsksNothing(t *testing.T) {
	b := newBench(t)
	b.asking()
	if r := b.run("up", "--trust"); r.code != 0 || !b.request.Trust || len(b.trust.given) > 0 {
		t.Errorf("%+v, %+v", r, b.request)
	}
}

func TestTrustShowsWhatChanged(t *testing.T) {
	b := newBench(t)
	b.asking()
	day := time.Date(2026, 5, 6, 12, 0, 0, 0, time.Local)
	b.trust.answer = sandbox.Trust{Given: day, New: []string{asksVariable}, Gone: []string{"the device /dev/fuse\x1b[2J"}}
	want := []string{"on 2026-05-06", "  + .sandbox.yaml:3: " + asksVariable, "    .sandbox.yaml:4: " + asksNetwork, `  - the device /dev/fuse\x1b[2J`}
	for _, args := range [][]string{{"up"}, {"trust"}, {"trust", "--show"}} {
		r := b.run(args...)
		for _, w := range want {
			if !strings.Contains(r.err+r.out, w) {
				t.Errorf("%v: got\n%s%s\nwant %s", args, r.err, r.out, w)
			}
		}
	}
	r := b.run("trust", "--show", "--json")
	for _, w := range []string{`"trusted": false`, `"line": 3`, `"new": [`, `"gone": [`, `"given": "2026-05-06T`} {
		if !strings.Contains(r.out, w) {
			t.Errorf("got %s, want %s", r.out, w)
		}
	}
}

func TestTrustThatIsNotKnown(t *testing.T) {
	b := newBench(t)
	b.asking()
	b.trust.answer.Problem = &store.VersionError{Path: "/f", Found: 9, Known: 1}
	if r := b.run("up"); r.code != 125 || !strings.Contains(r.err, "what you agreed to before is not known: read /f: written in version 9") {
		t.Errorf("%+v", r)
	}
}

func TestTrustOfNothing(t *testing.T) {
	b := newBench(t)
	if r := b.run("trust"); r.code != 0 || r.out != "this project's files ask for nothing of the host\n" || len(b.trust.given) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestTrustRevoke(t *testing.T) {
	b := newBench(t)
	if r := b.run("trust", "--revoke"); r.code != 0 || !strings.Contains(r.err, "revoked") || b.trust.revoked[0] != b.project {
		t.Errorf("%+v", r)
	}
	if r := b.run("trust", "--revoke"); r.code != 0 || !strings.Contains(r.err, "there was none") {
		t.Errorf("%+v", r)
	}
	b.trust.all = []store.Trust{{Project: "/a", Asks: []string{"x"}}, {Project: "/b"}}
	if r := b.run("trust", "--revoke", "--all"); r.code != 0 || len(b.trust.revoked) != 4 {
		t.Errorf("%+v, %v", r, b.trust.revoked)
	}
}

func TestTrustShowAll(t *testing.T) {
	b := newBench(t)
	b.trust.all = []store.Trust{{Project: "/a\x1b", Given: time.Now(), Asks: []string{"x", "y"}}}
	if r := b.run("trust", "--show", "--all"); r.code != 0 || strings.Count(r.out, `/a\x1b`) != 2 {
		t.Errorf("%+v", r)
	}
	if r := b.run("trust", "--show", "--all", "--json"); r.code != 0 || strings.Count(r.out, `"what"`) != 2 {
		t.Errorf("%+v", r)
	}
}

func TestTrustWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"--show", "--revoke"}, {"--yes", "--show"}, {"--all"}, {"word"}} {
		if r := newBench(t).run(append([]string{"trust"}, args...)...); r.code != 2 {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestReadYesLeavesTheRest(t *testing.T) {
	for text, want := range map[string]bool{"y\nrest": true, " YES \nrest": true, "n\nrest": false, "\nrest": false, "yy\nrest": false} {
		path := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readYes(f)
		rest := make([]byte, 8)
		n, _ := f.Read(rest)
		if err := errors.Join(err, f.Close()); err != nil || got != want || string(rest[:n]) != "rest" {
			t.Errorf("%q: got %v, %v, left %q", text, got, err, rest[:n])
		}
	}
}
