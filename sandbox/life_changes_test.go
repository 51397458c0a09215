package sandbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// changedWith brings a changed sandbox up with somebody who answers, and keeps the question.
func (f *fixture) changedWith(s spec.Spec, yes bool) (asked *sandbox.ChangedError, err error) {
	f.t.Helper()
	_, _, err = f.Up(f.t.Context(), s, sandbox.UpOptions{Discard: func(e *sandbox.ChangedError) bool {
		asked = e
		return yes
	}}, nil)
	return asked, err
}

func TestChangedEnvNeedsNothing(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Env = []string{"GONE=1", "KEPT=1", "SANDBOX=1"}
	pid := f.up(s).PID
	s.Env = []string{"KEPT=2", "SANDBOX=1", "TOKEN=x", "WORD=y"}
	all, err := f.told(s)
	if err != nil || len(all) == 0 || all[0].Detail != "env: KEPT +TOKEN +WORD -GONE" {
		t.Errorf("told %+v, %v", all, err)
	}
	if got := f.sh("echo $KEPT $WORD $GONE"); got != "2 y" {
		t.Errorf("got %q", got)
	}
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.PID != pid || !reflect.DeepEqual(i.Spec.Env, s.Env) {
		t.Errorf("got %+v, %v; want process %d", i, err, pid)
	}
	f.down()
	f.up(s)
	if got := f.sh("echo $KEPT"); got != "2" {
		t.Errorf("got %q after down and up", got)
	}
}

func TestChangedShellNeedsNothing(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	pid := f.up(s).PID
	s.User.Shell = "/bin/sh"
	if i := f.up(s); i.PID != pid {
		t.Error("it was started anew")
	}
	if got := f.sh("echo $SHELL"); got != "/bin/sh" {
		t.Errorf("got %q", got)
	}
}

func TestChangedLimitsRestart(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	pid := f.up(s).PID
	f.sh("echo kept > ~/kept; sleep 1000 >/dev/null 2>&1 &")
	s.Limits.NoFile = 99
	i := f.up(s) // nobody waits for what runs inside
	if got := f.sh("cat ~/kept; ulimit -n"); got != "kept\n99" || i.PID == pid {
		t.Errorf("got %q, process %d", got, i.PID)
	}
	s.Limits.NoFile = 98
	f.sh("sleep 1000 >/dev/null 2>&1 &")
	if asked, err := f.changedWith(s, true); err != nil || asked == nil || asked.Recreate || asked.Processes != 1 || asked.Attended != 0 {
		t.Errorf("asked %+v, %v", asked, err)
	}
}

// A command that somebody waits for does not end unasked.
func TestChangedLimitsWhileSomebodyIsInside(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	pid := f.up(s).PID
	cmd := f.helper("exec", s, shell("touch inside; sleep 1000"))
	start(t, cmd)
	eventually(t, "it runs", func() bool { _, err := os.Lstat(filepath.Join(f.project, "inside")); return err == nil })
	s.Limits.NoFile = 99
	var ce *sandbox.ChangedError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &ce) || ce.Attended != 1 || ce.Recreate {
		t.Errorf("got %v, %+v", err, ce)
	}
	if asked, err := f.changedWith(s, false); asked == nil || !errors.As(err, &ce) || !ce.Declined {
		t.Errorf("asked %+v, %v", asked, err)
	}
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.PID != pid || i.Spec.Limits.NoFile != 0 {
		t.Errorf("got %+v, %v", i, err)
	}
	if _, err := f.changedWith(s, true); err != nil {
		t.Error(err)
	}
	if got := f.sh("ulimit -n"); got != "99" {
		t.Errorf("got %q", got)
	}
}

// other is the same sandbox for another user inside, which needs a new one.
func other(s spec.Spec) spec.Spec {
	s.User = spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"}
	return s
}

func TestChangedUserRecreatesWhatIsEmpty(t *testing.T) {
	for name, s := range map[string]func(f *fixture) spec.Spec{
		"host":   func(f *fixture) spec.Spec { return f.spec() },
		"rootfs": func(f *fixture) spec.Spec { return onRootfs(f.spec(), newRootfs(f.t)) },
		"much inside": func(f *fixture) spec.Spec {
			s := f.spec()
			s.Caches = []spec.Cache{{Name: "go"}, {Name: "cargo"}}
			s.Mounts = []spec.Mount{{Type: "tmpfs", Target: "/scratch"}, {Type: "bind", Source: filepath.Join(f.project, "file"), Target: "/a/file"}}
			if err := os.WriteFile(filepath.Join(f.project, "file"), nil, 0o600); err != nil {
				f.t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newEngine(t)
			s := s(f)
			f.up(s)
			f.down()
			pid := f.up(s).PID
			if asked, err := f.changedWith(other(s), false); err != nil || asked != nil {
				t.Fatalf("asked %+v, %v", asked, err)
			}
			if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.PID == pid || i.User != "root" {
				t.Errorf("got %+v, %v", i, err)
			}
		})
	}
}

func TestChangedUserAsksBeforeItThrowsAway(t *testing.T) {
	for name, write := range map[string]func(f *fixture){
		"home": func(f *fixture) { f.sh("echo kept > ~/kept") },
		"etc":  func(f *fixture) { f.good(f.exec(asRoot(shell("echo kept > /etc/kept")))) },
		"project": func(f *fixture) {
			f.sh("echo kept > kept")
		},
		"while it is stopped": func(f *fixture) { f.sh("echo kept > ~/kept"); f.down() },
	} {
		t.Run(name, func(t *testing.T) {
			f := newEngine(t)
			s := f.spec()
			s.Workspace.Mode = "overlay"
			f.up(s)
			write(f)
			var ce *sandbox.ChangedError
			if _, _, err := f.Up(t.Context(), other(s), sandbox.UpOptions{}, nil); !errors.As(err, &ce) || !ce.Recreate || ce.Lost.Files != 1 {
				t.Fatalf("got %v, %+v", err, ce)
			}
			asked, err := f.changedWith(other(s), false)
			if asked == nil || asked.Lost.Bytes != 5 || !errors.As(err, &ce) || !ce.Declined {
				t.Errorf("asked %+v, %v", asked, err)
			}
			f.up(s)
			if got := f.sh("cat ~/kept /etc/kept kept 2>/dev/null; true"); got != "kept" {
				t.Errorf("got %q: it was thrown away", got)
			}
			if _, err := f.changedWith(other(s), true); err != nil {
				t.Fatal(err)
			}
			if got := f.sh("id -u; cat ~/kept /etc/kept kept 2>/dev/null; true"); got != "0" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A new sandbox that cannot be made leaves the old one alone.
func TestChangedImageIsMissing(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	pid := f.up(s).PID
	gone := onRootfs(s, filepath.Join(f.project, "gone"))
	var ie *sandbox.ImageError
	if _, _, err := f.Up(t.Context(), gone, sandbox.UpOptions{Recreate: true}, nil); !errors.As(err, &ie) {
		t.Errorf("got %v", err)
	}
	if _, _, err := f.Up(t.Context(), gone, sandbox.UpOptions{}, nil); !errors.As(err, &ie) {
		t.Errorf("got %v", err)
	}
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.PID != pid {
		t.Errorf("got %+v, %v", i, err)
	}
}

// What was written inside is a difference to the layers that it was written over.
func TestARestartKeepsTheImage(t *testing.T) {
	f := newEngine(t)
	tree := newRootfs(t)
	s := onRootfs(f.spec(), archiveOf(t, tree))
	f.up(s)
	f.good(f.exec(asRoot(probing(t, "write", "x", "/etc/kept"))))
	f.down()
	write(t, filepath.Join(tree, "usr/lib/old"), "newer")
	if err := os.Rename(archiveOf(t, tree), s.Image.Path); err != nil {
		t.Fatal(err)
	}
	f.up(s)
	if got := f.probe("files", "/usr/lib/old", "/etc/kept"); got["/usr/lib/old"] != "old" || got["/etc/kept"] != "x" {
		t.Errorf("got %v after a restart", got)
	}
	var ce *sandbox.ChangedError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{Rebuild: true}, nil); !errors.As(err, &ce) || ce.Lost.Files != 1 {
		t.Errorf("got %v", err)
	}
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{Rebuild: true, Recreate: true}, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.probe("files", "/usr/lib/old"); got["/usr/lib/old"] != "newer" {
		t.Errorf("got %v after --rebuild --recreate", got)
	}
}
