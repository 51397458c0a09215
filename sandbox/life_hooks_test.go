package sandbox_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// told brings a sandbox up and answers what it told.
func (f *fixture) told(s spec.Spec) (all []spec.Event, err error) {
	f.t.Helper()
	var mu sync.Mutex
	_, _, err = f.Up(f.t.Context(), s, sandbox.UpOptions{}, func(e spec.Event) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, e)
	})
	return all, err
}

// output brings a sandbox up and answers what its hooks printed.
func (f *fixture) output(s spec.Spec) string {
	f.t.Helper()
	all, err := f.told(s)
	if err != nil {
		f.t.Fatal(err)
	}
	text := ""
	for _, e := range all {
		if e.Kind == "output" {
			text += e.Name + ": " + e.Detail + "\n"
		}
	}
	return text
}

// lately is what stands in the project's file log since the last question.
func (f *fixture) lately() string {
	f.t.Helper()
	path := filepath.Join(f.project, "log")
	f.sh("touch log")
	text := strings.Join(strings.Fields(read(f.t, path)), " ")
	f.sh(": > log")
	return text
}

func TestHooksRunWhenTheyAreDue(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Config = "1"
	s.Hooks = spec.Hooks{
		Create: []spec.Hook{hook("create", "echo create >> log")}, Update: []spec.Hook{hook("update", "echo update >> log")},
		Start: []spec.Hook{hook("start", "echo start >> log")}, Attach: []spec.Hook{hook("attach", "echo attach >> log")},
	}
	pid := 0
	for _, c := range []struct {
		name   string
		do     func()
		want   string
		anew   bool
		before bool // nothing but that: no up
	}{
		{"first", func() {}, "create update start", true, false},
		{"unchanged", func() {}, "", false, false},
		{"stopped", f.down, "start", true, false},
		{"shell", func() {
			if err := f.Attach(t.Context(), s.ID, nil); err != nil {
				t.Error(err)
			}
		}, "attach", false, true},
		{"create changed", func() { s.Hooks.Create = []spec.Hook{hook("create", "echo other >> log")} }, "other", false, false},
		{"create as before", func() { s.Hooks.Create = []spec.Hook{hook("create", "echo create >> log")} }, "create", false, false},
		{"start changed", func() { s.Hooks.Start = []spec.Hook{hook("start", "echo begin >> log")} }, "begin", false, false},
		{"attach changed", func() { s.Hooks.Attach = []spec.Hook{hook("attach", "echo hello >> log")} }, "", false, false},
		{"configuration changed", func() { s.Config = "2" }, "update", false, false},
		{"env changed", func() { s.Config, s.Env = "3", []string{"SANDBOX=1", "A=b"} }, "update", false, false},
		{"create gone", func() { s.Hooks.Create = nil }, "", false, false},
		{"create back", func() { s.Hooks.Create = []spec.Hook{hook("create", "echo create >> log")} }, "", false, false},
		{"restarted", func() { s.Limits.NoFile = 100 }, "begin", true, false},
		{"changed while stopped", func() { f.down(); s.Config = "4" }, "update begin", true, false},
	} {
		c.do()
		if !c.before {
			i := f.up(s)
			if anew := i.PID != pid; anew != c.anew {
				t.Errorf("%s: started anew: %v, want %v", c.name, anew, c.anew)
			}
			pid = i.PID
		}
		if got := f.lately(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{Recreate: true}, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.lately(); got != "create update begin" {
		t.Errorf("recreated: got %q", got)
	}
}

// What ended well beside the one that failed is not run again, and what comes later waits.
func TestHookGoesOnWhereItFailed(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Create = []spec.Hook{hook("create.good", "echo good >> log"), hook("create.bad", "echo bad >> log; test -e cause")}
	s.Hooks.Start = []spec.Hook{hook("start.good", "echo started >> log"), hook("start.bad", "test -e other")}
	var he *sandbox.HookError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &he) || he.Name != "create.bad" {
		t.Fatalf("got %v", err)
	}
	f.sh("touch cause; sort -o log log")
	if got := f.lately(); got != "bad good" {
		t.Errorf("got %q", got)
	}
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &he) || he.Name != "start.bad" {
		t.Fatalf("got %v", err)
	}
	if got := f.lately(); got != "bad started" {
		t.Errorf("the second time: got %q", got)
	}
	f.sh("touch other")
	i := f.up(s)
	if got := f.lately(); got != "" || i.HooksPending {
		t.Errorf("the third time: got %q, %+v", got, i)
	}
}

func TestHookIsInterrupted(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	mark := unique()
	s.Hooks.Create = []spec.Hook{hook("create", "test -e again || { (sleep "+mark+" & sleep "+mark+"); }")}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := f.Up(ctx, s, sandbox.UpOptions{}, nil)
		ended <- err
	}()
	eventually(t, "it runs", func() bool { return len(hostProcesses(t, mark)) == 2 })
	cancel()
	inTime(t, func() {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	eventually(t, "its processes are gone", func() bool { return len(hostProcesses(t, mark)) == 0 })
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.Status != spec.Running || !i.HooksPending {
		t.Errorf("got %+v, %v", i, err)
	}
	f.sh("touch again")
	if i := f.up(s); i.HooksPending {
		t.Errorf("got %+v", i)
	}
}

// An up that is killed in the middle of create leaves nothing that says it ran.
func TestHookOfAKilledUpRunsAgain(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	mark := unique()
	s.Hooks.Create = []spec.Hook{hook("create", "echo create >> log; test -e again || sleep "+mark)}
	cmd := f.helper("up", s, spec.Command{})
	start(t, cmd)
	eventually(t, "it runs", func() bool { return len(hostProcesses(t, mark)) == 1 })
	kill(cmd)
	f.sh("touch again")
	f.up(s)
	if got := f.lately(); got != "create create" {
		t.Errorf("got %q", got)
	}
	if eventually(t, "its process is gone", func() bool { return len(hostProcesses(t, mark)) == 0 }); f.up(s).HooksPending {
		t.Error("still pending")
	}
}

// What a hook leaves in the background lives on, and its words reach the log.
func TestHookLeavesSomethingThatPrints(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Start = []spec.Hook{hook("start", "while :; do echo word; sleep 0.02; [ -e end ] && { echo last; exit; }; done &")}
	inTime(t, func() { f.up(s) })
	f.sh("touch end")
	eventually(t, "the last word is in the log", func() bool {
		var log strings.Builder
		return f.Logs(t.Context(), s.ID, &log, false) == nil && strings.HasSuffix(log.String(), "word\nlast\n")
	})
}

func TestHookIsMissing(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Start = []spec.Hook{{Name: "start", Args: []string{"no-such-program"}}}
	var he *sandbox.HookError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &he) || he.Name != "start" || he.Code != 127 {
		t.Errorf("got %v", err)
	}
	f.sh("true") // it runs, for a look
}

func TestHookHasNoInput(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Create = []spec.Hook{hook("create", "cat; readlink /proc/self/fd/0")}
	if got := f.output(s); got != "create: /dev/null\n" {
		t.Errorf("got %q", got)
	}
}

func TestHookOutput(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Create = []spec.Hook{hook("create", `printf '10%%\r50%%\rdone\r\n'; printf 'a\tb\n\n'; printf '\377\n'; printf 'no end'`)}
	if got, want := f.output(s), "create: done\ncreate: a\tb\ncreate: \ncreate: \uFFFD\ncreate: no end\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHookOfAttachFails(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	if err := f.Attach(t.Context(), s.ID, nil); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	s.Hooks.Attach = []spec.Hook{hook("attach", "echo why; kill -9 $$")}
	f.up(s)
	var he *sandbox.HookError
	if err := f.Attach(t.Context(), s.ID, nil); !errors.As(err, &he) || he.Signal != 9 || strings.Join(he.Tail, "") != "why" {
		t.Errorf("got %v", err)
	}
	f.down()
	if err := f.Attach(t.Context(), s.ID, nil); !errors.Is(err, sandbox.ErrNotRunning) {
		t.Errorf("got %v", err)
	}
}
