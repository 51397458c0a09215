package sandbox_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestMain plays three more parts: those of the engine, that of an attacker
// inside, and that of another process of the same user outside. They end without
// the second that a race detector waits at each exit.
func TestMain(m *testing.M) {
	if code, played := sandbox.Init(); played {
		syscall.Exit(code)
	}
	if name := os.Getenv(probeEnv); name != "" {
		syscall.Exit(playProbe(name, os.Args[1:]))
	}
	if name := os.Getenv(helperEnv); name != "" {
		syscall.Exit(playHelper(name))
	}
	os.Exit(m.Run())
}

// fixture is an engine of the test's own, and one project.
type fixture struct {
	*sandbox.Engine
	t             *testing.T
	data, runtime string
	project       string
}

// newEngine makes one; when the test ends all of its sandboxes are removed, and
// nothing of them may be left.
func newEngine(t *testing.T) *fixture {
	t.Helper()
	dir := t.TempDir()
	return newEngineAt(t, filepath.Join(dir, "data"), runtimeDir(t), filepath.Join(dir, "project"))
}

// runtimeDir is a directory for sockets: its path is short whatever the test's name.
func runtimeDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newEngineAt(t *testing.T, data, runtime, project string) *fixture {
	t.Helper()
	usernstest.Require(t, usernstest.UserNS)
	if err := os.MkdirAll(project, 0o755); err != nil {
		t.Fatal(err)
	}
	checkLeaks(t, data, runtime)
	e, err := sandbox.Open(sandbox.Options{DataDir: data, RuntimeDir: runtime})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Engine: e, t: t, data: data, runtime: runtime, project: project}
	t.Cleanup(f.removeAll)
	return f
}

// removeAll removes every sandbox, unfinished ones too.
func (f *fixture) removeAll() {
	for _, name := range names(f.t, filepath.Join(f.data, "sandboxes")) {
		if err := f.Remove(context.Background(), name, true); err != nil {
			f.t.Errorf("remove %s: %v", name, err)
		}
	}
	f.clearRootfs()
}

// spec is what Plan makes of an empty configuration.
func (f *fixture) spec() spec.Spec {
	f.t.Helper()
	h := host(f.t)
	id := sandbox.ID(f.project, "")
	s := spec.Spec{
		Version: spec.Version, ID: id, Name: "test-" + id, Project: f.project, Hostname: "test",
		Image:     spec.Image{Kind: spec.ImageHost, Ref: "host"},
		User:      spec.User{Mode: spec.UserKeep, Name: h.UserName, UID: h.UID, GID: h.GID, Home: h.Home},
		IDs:       h.IDs,
		Workspace: spec.Workspace{Target: f.project, Mode: "rw"},
		Network:   "none",
		Env:       []string{"SANDBOX=1"},
	}
	return withProbe(f.t, s)
}

// host is the present user's facts, whoever that is.
func host(t *testing.T) sandbox.Host {
	t.Helper()
	h, err := sandbox.ReadHost()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// up brings a sandbox up.
func (f *fixture) up(s spec.Spec) spec.Info {
	f.t.Helper()
	i, _, err := f.Up(f.t.Context(), s, sandbox.UpOptions{}, nil)
	if err != nil {
		f.t.Fatalf("up: %v", err)
	}
	return i
}

// answer is what came of a command.
type answer struct {
	exit   spec.Exit
	out    string // without the last line break
	stderr string
	events []spec.Event
	err    error
}

// exec runs a command in a running sandbox.
func (f *fixture) exec(c spec.Command) answer {
	f.t.Helper()
	return f.capture(func(s sandbox.Streams, emit func(spec.Event)) (spec.Exit, error) {
		return f.Exec(f.t.Context(), sandbox.ID(f.project, ""), c, s, emit)
	})
}

// run runs a command in a sandbox of its own.
func (f *fixture) run(s spec.Spec, c spec.Command) answer {
	f.t.Helper()
	s.Ephemeral = true
	return f.capture(func(io sandbox.Streams, emit func(spec.Event)) (spec.Exit, error) {
		return f.Run(f.t.Context(), s, c, io, emit)
	})
}

func (f *fixture) capture(do func(sandbox.Streams, func(spec.Event)) (spec.Exit, error)) answer {
	f.t.Helper()
	var a answer
	stdout, readOut := collect(f.t)
	stderr, readErr := collect(f.t)
	a.exit, a.err = do(sandbox.Streams{Out: stdout, Err: stderr}, func(e spec.Event) { a.events = append(a.events, e) })
	_ = stdout.Close()
	_ = stderr.Close()
	a.out, a.stderr = readOut(), readErr()
	return a
}

// collect gives a descriptor to write to, and what was written once it is closed.
func collect(t *testing.T) (*os.File, func() string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	text := make(chan string, 1)
	go func() {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r)
		_ = r.Close()
		text <- strings.TrimSuffix(b.String(), "\n")
	}()
	return w, func() string { return <-text }
}

// sh runs a shell script in the running sandbox and demands that it succeeds.
func (f *fixture) sh(script string) string {
	f.t.Helper()
	return f.good(f.exec(shell(script)))
}

func (f *fixture) good(a answer) string {
	f.t.Helper()
	if a.err != nil || a.exit.Code != 0 {
		f.t.Fatalf("got %v, exit %+v, output %q, %q; want success", a.err, a.exit, a.out, a.stderr)
	}
	return a.out
}

func shell(script string) spec.Command { return spec.Command{Args: []string{"/bin/sh", "-c", script}} }

// eventually waits for something that has no event.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not so: %s", what)
		}
	}
}

// inTime fails a test that hangs.
func inTime(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it hangs")
	}
}

// gone reports whether a process has ended; one that nobody waited for has.
func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH || stateOf(pid) == "Z" }
