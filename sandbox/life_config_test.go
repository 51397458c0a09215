package sandbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

func hook(name, script string) spec.Hook {
	return spec.Hook{Name: name, Args: []string{"/bin/sh", "-c", script}}
}

func TestLifeHooks(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Create = []spec.Hook{hook("create.a", "echo create >> log"), hook("create.b", "echo b >> log.b; echo said")}
	s.Hooks.Start = []spec.Hook{hook("start", "echo start >> log")}
	var said strings.Builder
	hear := func(e spec.Event) {
		if e.Kind == "output" {
			said.WriteString(e.Name + ": " + e.Detail + "\n")
		}
	}
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, hear); err != nil {
		t.Fatal(err)
	}
	f.up(s)
	f.down()
	f.up(s)
	if got := read(t, filepath.Join(f.project, "log")); got != "create\nstart\nstart\n" {
		t.Errorf("got %q", got)
	}
	var log strings.Builder
	if err := f.Logs(t.Context(), s.ID, &log, false); err != nil || said.String() != "create.b: said\n" || log.String() != "b | said\n" {
		t.Errorf("said %q, logged %q, %v", said.String(), log.String(), err)
	}
}

// The sandbox runs, for a look; the next up goes on with the hook.
func TestLifeHookFails(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Create = []spec.Hook{hook("create", "i=0; while [ $i -lt 50 ]; do echo $i; i=$((i+1)); done; sleep 1000 >/dev/null 2>&1 & exit 3")}
	_, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil)
	var he *sandbox.HookError
	if !errors.As(err, &he) || he.Code != 3 || he.Name != "create" || strings.Join(he.Tail, " ") != "40 41 42 43 44 45 46 47 48 49" {
		t.Errorf("got %v, %+v", err, he)
	}
	var log strings.Builder
	if err := f.Logs(t.Context(), s.ID, &log, false); err != nil || !strings.HasSuffix(log.String(), "48\n49\n") {
		t.Errorf("logged %q, %v", log.String(), err)
	}
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.Status != spec.Running {
		t.Errorf("got %+v, %v; want it running", i, err)
	}
	s.Hooks.Create = []spec.Hook{hook("create", "echo x > made")}
	f.up(s)
	if got := read(t, filepath.Join(f.project, "made")); got != "x\n" {
		t.Errorf("the hook was not run again: %q", got)
	}
}

// A sandbox that was there before is kept when the new start fails.
func TestLifeHookFailsLater(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	f.up(s)
	f.sh("echo kept > ~/kept")
	changed := s
	changed.Hooks.Start = []spec.Hook{hook("start", "exit 4")}
	var he *sandbox.HookError
	if _, _, err := f.Up(t.Context(), changed, sandbox.UpOptions{}, nil); !errors.As(err, &he) || he.Code != 4 {
		t.Errorf("got %v", err)
	}
	f.up(s)
	if got := f.sh("cat ~/kept"); got != "kept" {
		t.Errorf("got %q", got)
	}
}

func TestLifeLimits(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Limits = spec.Limits{PIDs: 200, NoFile: 64}
	f.up(s)
	if n, err := strconv.Atoi(f.probe("open")["opened"]); err != nil || n > 64 {
		t.Errorf("opened %d files, %v; want at most 64", n, err)
	}
	if os.Getuid() == 0 {
		return // the kernel lets the real root go beyond it
	}
	n, err := strconv.Atoi(f.probe("forks", "1000")["started"])
	if err != nil || n >= 1000 || n < 50 {
		t.Errorf("started %d processes, %v; want about 200", n, err)
	}
}

func TestLifeDrivers(t *testing.T) {
	for _, driver := range []string{"overlay", "fuse-overlayfs", "copy"} {
		t.Run(driver, func(t *testing.T) {
			switch driver {
			case "overlay":
				usernstest.Require(t, usernstest.Overlay)
			case "fuse-overlayfs":
				usernstest.Require(t, usernstest.Fuse)
			}
			t.Setenv("SANDBOX_STORAGE_DRIVER", driver)
			f := newEngine(t)
			image := newRootfs(t)
			s := onRootfs(f.spec(), image)
			f.up(s)
			w := asRoot(probing(t, "write", "new", "/usr/lib/old", "/etc/new", "/etc/passwd"))
			for path, came := range f.results(f.exec(w)) {
				if came != "ok" {
					t.Errorf("%s: %s", path, came)
				}
			}
			f.down()
			f.up(s)
			if got := f.probe("files", "/usr/lib/old", "/etc/new"); got["/usr/lib/old"] != "oldnew" || got["/etc/new"] != "new" {
				t.Errorf("got %v after down and up", got)
			}
			if got := read(t, filepath.Join(image, "usr/lib/old")); got != "old" {
				t.Errorf("the image has %q now", got)
			}
			if got := f.results(f.run(s, probing(t, "files", "/usr/lib/old"))); got["/usr/lib/old"] != "old" {
				t.Errorf("a run finds %v", got)
			}
		})
	}
}

func TestLifeUserModes(t *testing.T) {
	for _, c := range []struct {
		name string
		user spec.User
		uid  string
		home string
	}{
		{"root", spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"}, "0", "/root"},
		{"name", spec.User{Mode: spec.UserName, Asked: "dev", Name: "dev"}, "1234", "/home/dev"},
		{"id", spec.User{Mode: spec.UserName, Asked: "1234", Name: "1234"}, "1234", "/home/dev"},
	} {
		for _, packed := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, packed), func(t *testing.T) {
				f := newEngine(t)
				image := newRootfs(t)
				if packed {
					image = archiveOf(t, image)
				}
				s := onRootfs(f.spec(), image)
				s.User = c.user
				f.up(s)
				if got := f.probe("ids"); got["uid"] != c.uid {
					t.Errorf("got %v", got)
				}
				made := filepath.Join(f.project, "made")
				if got := f.probe("write", "x", made, c.home+"/made"); got[made] != "ok" || got[c.home+"/made"] != "ok" {
					t.Errorf("got %v", got)
				}
				if err := os.Remove(made); err != nil { // the caller's own
					t.Error(err)
				}
				if _, started, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); err != nil || started {
					t.Errorf("the second up: %v, %v", started, err)
				}
			})
		}
	}
}

func TestLifeUserIsMissing(t *testing.T) {
	f := newEngine(t)
	s := onRootfs(f.spec(), newRootfs(t))
	s.User = spec.User{Mode: spec.UserName, Asked: "nobody-there", Name: "nobody-there"}
	var ue *sandbox.UserError
	if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &ue) {
		t.Errorf("got %v", err)
	}
}

func TestLifeHostNetwork(t *testing.T) {
	f := newEngine(t)
	address := listenHost(t, "tcp", "127.0.0.1:0")
	s := f.spec()
	s.Network = "host"
	f.up(s)
	if got := f.probe("dial", "tcp", address); got["tcp "+address] != "ok" {
		t.Errorf("got %v", got)
	}
	f.good(f.exec(shell("test -e /sys/class/net && test -s /etc/hosts")))
}

func TestLifeOwnNetwork(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	inside := shell(`cat /sys/class/net/*/operstate; ls /sys/class/net; cat /etc/hostname; hostname`)
	if got := f.good(f.exec(inside)); got != "unknown\nlo\ntest\ntest" {
		t.Errorf("got %q", got)
	}
}

func TestLifeLongRuntimeDirectory(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, strings.Repeat("long/", 40), "runtime")
	f := newEngineAt(t, filepath.Join(dir, "data"), long, filepath.Join(dir, "project"))
	f.up(f.spec())
	if got := f.sh("echo inside"); got != "inside" || f.processes() != 0 {
		t.Errorf("got %q, %d processes", got, f.processes())
	}
	f.down()
}

func TestLifeProjectPaths(t *testing.T) {
	for _, name := range []string{
		"with space", "ünïcode-日本", "a:b", "a,b", `a\b`, `a"b'c`, "-rf", "$(x)", "%s", "upper=x,lower:y",
		strings.Repeat("long", 55) + "/" + strings.Repeat("x", 200),
	} {
		t.Run(name[:min(len(name), 20)], func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			f := newEngineAt(t, filepath.Join(dir, "data"), filepath.Join(dir, "runtime"), filepath.Join(dir, "project"))
			for _, mode := range []string{"rw", "overlay"} {
				s := f.spec()
				s.Workspace.Mode = mode
				if got := f.good(f.run(s, shell("echo x > "+mode+" && pwd && cat /workspace/"+mode))); got != f.project+"\nx" {
					t.Errorf("%s: got %q", mode, got)
				}
			}
			f.up(onRootfs(f.spec(), newRootfs(t)))
			f.probe("ids")
			if got := names(t, f.project); len(got) != 1 || got[0] != "rw" {
				t.Errorf("the project holds %v", got)
			}
		})
	}
}
