package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestLifeKeepsFilesOnHost(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	f.up(s)
	f.sh("echo home > ~/kept; echo var > /tmp/lost")
	f.good(f.exec(asRoot(shell("echo etc > /etc/kept"))))
	f.down()
	f.up(s)
	if got := f.sh("cat ~/kept /etc/kept; ls /tmp"); got != "home\netc\n"+firstBelowTmp(f.project) {
		t.Errorf("got %q after down and up", got)
	}
}

// firstBelowTmp is what the project's own mount makes in /tmp.
func firstBelowTmp(path string) string {
	if rel, err := filepath.Rel("/tmp", path); err == nil && rel[0] != '.' {
		for filepath.Dir(rel) != "." {
			rel = filepath.Dir(rel)
		}
		return rel
	}
	return ""
}

func TestLifeKeepsFilesOnRootfs(t *testing.T) {
	for _, packed := range []bool{false, true} {
		t.Run(map[bool]string{false: "directory", true: "archive"}[packed], func(t *testing.T) {
			f := newEngine(t)
			image := newRootfs(t)
			if packed {
				image = archiveOf(t, image)
			}
			s := onRootfs(f.spec(), image)
			f.up(s)
			paths := []string{"/etc/kept", "/usr/lib/old", "/usr/lib/new/kept", s.User.Home + "/kept"}
			got := f.results(f.exec(asRoot(probing(t, "write", append([]string{"x"}, paths...)...))))
			for _, p := range paths {
				if got[p] != "ok" {
					t.Errorf("write %s: %s", p, got[p])
				}
			}
			f.down()
			f.up(s)
			got = f.probe("files", paths...)
			want := map[string]string{paths[0]: "x", paths[1]: "oldx", paths[2]: "x", paths[3]: "x"}
			for p, text := range want {
				if got[p] != text {
					t.Errorf("%s: got %q, want %q", p, got[p], text)
				}
			}
			if !packed && read(t, filepath.Join(image, "usr/lib/old")) != "old" {
				t.Error("the image itself was changed")
			}
		})
	}
}

func (f *fixture) down() {
	f.t.Helper()
	if was, err := f.Down(f.t.Context(), sandbox.ID(f.project, ""), 5*time.Second); err != nil || !was {
		f.t.Fatalf("down: %v, %v", was, err)
	}
}

func TestLifeRunLeavesNothing(t *testing.T) {
	f := newEngine(t)
	a := f.run(f.spec(), shell("echo out; echo err >&2; echo x > ~/x; sleep 1000 & exit 7"))
	if a.err != nil || a.exit.Code != 7 || a.out != "out" || a.stderr != "err" {
		t.Errorf("got %+v", a)
	}
	if got := f.good(f.run(f.spec(), shell("ls ~"))); got != "" {
		t.Errorf("the next run finds %q", got)
	}
	if list, err := f.List(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("got %v, %v; want an empty list", list, err)
	}
}

func TestLifeUpIsIdempotent(t *testing.T) {
	f := newEngine(t)
	first := f.up(f.spec())
	second, started, err := f.Up(t.Context(), f.spec(), sandbox.UpOptions{}, nil)
	if err != nil || started || second.PID != first.PID {
		t.Errorf("got %+v, %v, %v; want process %d left alone", second, started, err, first.PID)
	}
	third, started, err := f.Up(t.Context(), f.spec(), sandbox.UpOptions{Recreate: true}, nil)
	if err != nil || !started || third.PID == first.PID {
		t.Errorf("got %+v, %v, %v; want another one", third, started, err)
	}
}

func TestLifeConcurrentUp(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Hooks.Create = []spec.Hook{{Name: "create", Args: []string{"/bin/sh", "-c", "echo x >> made"}}}
	var wg sync.WaitGroup
	pids := make([]int, 20)
	errs := make([]error, len(pids))
	for i := range pids {
		wg.Go(func() {
			info, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil)
			pids[i], errs[i] = info.PID, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	for _, pid := range pids {
		if pid != pids[0] || pid == 0 {
			t.Errorf("got processes %v, want one", pids)
			break
		}
	}
	if got := read(t, filepath.Join(f.project, "made")); got != "x\n" {
		t.Errorf("the hook ran as often: %q", got)
	}
}

func TestLifeDownStubborn(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	ended := make(chan answer, 1)
	go func() {
		ended <- f.exec(shell("trap '' TERM HUP INT; echo > ready; while :; do sleep 0.1; done"))
	}()
	eventually(t, "it runs", func() bool { return len(names(t, f.project)) > 0 })
	inTime(t, func() {
		if was, err := f.Down(t.Context(), sandbox.ID(f.project, ""), 200*time.Millisecond); err != nil || !was {
			t.Errorf("got %v, %v", was, err)
		}
		<-ended
	})
	if _, err := f.Inspect(t.Context(), sandbox.ID(f.project, "")); err != nil {
		t.Error(err)
	}
	if was, err := f.Down(t.Context(), sandbox.ID(f.project, ""), time.Second); err != nil || was {
		t.Errorf("the second time: got %v, %v", was, err)
	}
}

func TestLifeAbsent(t *testing.T) {
	f := newEngine(t)
	id := sandbox.ID(f.project, "")
	if a := f.exec(shell("true")); !errors.Is(a.err, sandbox.ErrNotFound) {
		t.Errorf("exec: got %v", a.err)
	}
	if _, err := f.Down(t.Context(), id, 0); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("down: got %v", err)
	}
	if err := f.Remove(t.Context(), id, false); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("remove: got %v", err)
	}
	f.up(f.spec())
	f.down()
	if a := f.exec(shell("true")); !errors.Is(a.err, sandbox.ErrNotRunning) {
		t.Errorf("exec after down: got %v", a.err)
	}
}

func TestLifeManyCommands(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			a := f.exec(shell(fmt.Sprintf("echo %d; exit %d", i, i)))
			if a.err != nil || a.exit.Code != i || a.out != fmt.Sprint(i) {
				t.Errorf("command %d: got %+v", i, a)
			}
		})
	}
	wg.Wait()
}

func TestLifeImageIsMissing(t *testing.T) {
	f := newEngine(t)
	_, _, err := f.Up(t.Context(), onRootfs(f.spec(), filepath.Join(f.project, "none")), sandbox.UpOptions{}, nil)
	var missing *sandbox.ImageError
	if !errors.As(err, &missing) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if left := names(t, filepath.Join(f.data, "sandboxes")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestLifeCancelled(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan spec.Exit, 1)
	go func() {
		x, err := f.Exec(ctx, sandbox.ID(f.project, ""), shell("echo > ready; sleep 1000 & sleep 1000"), sandbox.Streams{}, nil)
		if errors.Is(err, context.Canceled) { // it was not told yet that the command runs
			x.Code = 137
		}
		done <- x
	}()
	eventually(t, "it runs", func() bool { return len(names(t, f.project)) > 0 })
	cancel()
	inTime(t, func() {
		if x := <-done; x.Code != 137 {
			t.Errorf("got %+v", x)
		}
	})
	eventually(t, "nothing runs inside", func() bool { return f.processes() == 0 })
}

// processes counts those inside.
func (f *fixture) processes() int {
	i, err := f.Inspect(f.t.Context(), sandbox.ID(f.project, ""))
	if err != nil {
		f.t.Error(err)
	}
	return i.Processes
}
