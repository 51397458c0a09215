package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree is a host whose groups are plain directories: cgroupfs makes the files by itself.
func tree(t *testing.T, own string, groups map[string]string) host {
	t.Helper()
	top := t.TempDir()
	h := host{mount: filepath.Join(top, "cgroup"), proc: filepath.Join(top, "proc"), systemd: func(host, int, string, Limits) (string, error) {
		return "", errNoManager
	}}
	write(t, filepath.Join(h.proc, "self/cgroup"), "1:name=systemd:/x\n0::"+own+"\n")
	write(t, filepath.Join(h.mount, "cgroup.controllers"), "cpu memory pids")
	for dir, control := range groups {
		write(t, filepath.Join(h.mount, dir, "cgroup.procs"), "")
		write(t, filepath.Join(h.mount, dir, "cgroup.controllers"), "cpu memory pids")
		write(t, filepath.Join(h.mount, dir, "cgroup.subtree_control"), control)
	}
	return h
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPutDirectly(t *testing.T) {
	h := tree(t, "/a/b/c", map[string]string{"/": "", "/a": "memory cpu", "/a/b": "memory cpu pids", "/a/b/c": ""})
	write(t, filepath.Join(h.mount, "a/b/sandbox-run-old/.keep"), "") // not empty: as with processes in it
	if err := os.Mkdir(filepath.Join(h.mount, "a/b/sandbox-run-left"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, missing := h.put(42, "x", Limits{Memory: 64 << 20, CPUs: 1.5})
	if want := filepath.Join(h.mount, "a/b/sandbox-x"); dir != want || len(missing) > 0 {
		t.Fatalf("got %s, %v, want %s", dir, missing, want)
	}
	for file, want := range map[string]string{"memory.max": "67108864", "memory.swap.max": "0", "cpu.max": "150000 100000", "cgroup.procs": "42"} {
		if got := read(t, filepath.Join(dir, file)); got != want {
			t.Errorf("%s is %s, want %s", file, got, want)
		}
	}
	list, err := os.ReadDir(filepath.Join(h.mount, "a/b"))
	if err != nil || slices.ContainsFunc(list, func(e os.DirEntry) bool { return e.Name() == "sandbox-run-left" }) {
		t.Errorf("what a killed run left stays: %v, %v", list, err)
	}
}

func TestPutWhereOnlyMemoryIsDelegated(t *testing.T) {
	h := tree(t, "/a/b", map[string]string{"/a/b": "", "/a": "memory"})
	write(t, filepath.Join(h.mount, "a/cgroup.controllers"), "memory pids")
	dir, missing := h.put(42, "x", Limits{Memory: 1 << 30, CPUs: 1})
	if dir == "" || len(missing) != 1 || missing[0].Limit != "cpus" || !strings.Contains(missing[0].Why, "cpu is not delegated") {
		t.Errorf("got %s, %v", dir, missing)
	}
	if _, err := os.Stat(filepath.Join(dir, "cpu.max")); err == nil {
		t.Error("a limit was written that does not hold")
	}
}

func TestPutIsRefused(t *testing.T) {
	limits := Limits{Memory: 1 << 30, CPUs: 1}
	for name, c := range map[string]struct {
		change func(h *host)
		why    string
	}{
		"version 1":     {func(h *host) { h.mount += "/none" }, "control groups of version 2 are not at"},
		"not delegated": {func(h *host) {}, "no control group with the controllers memory and cpu is delegated to you; no manager of systemd"},
		"not visible":   {func(h *host) { write(t, filepath.Join(h.proc, "self/cgroup"), "0::/../x\n") }, "cannot see"},
		"only old ones": {func(h *host) { write(t, filepath.Join(h.proc, "self/cgroup"), "4:memory:/x\n") }, "in no control group of version 2"},
		"systemd refuses": {func(h *host) {
			h.systemd = func(host, int, string, Limits) (string, error) { return "", errors.New("systemd makes no scope: no") }
		}, "systemd makes no scope: no"},
	} {
		h := tree(t, "/a", map[string]string{})
		c.change(&h)
		dir, missing := h.put(42, "x", limits)
		if dir != "" || len(missing) != 2 || missing[0].Limit != "memory" || missing[1].Limit != "cpus" || !strings.Contains(missing[0].Why, c.why) {
			t.Errorf("%s: got %q, %v", name, dir, missing)
		}
	}
}

func TestPutBySystemd(t *testing.T) {
	h := tree(t, "/a", nil)
	h.systemd = func(h host, pid int, name string, l Limits) (string, error) {
		dir := filepath.Join(h.mount, "user.slice/sandbox-x-42.scope")
		write(t, filepath.Join(dir, "memory.max"), "67108864")
		write(t, filepath.Join(dir, "cpu.max"), "max 100000")
		return dir, nil
	}
	dir, missing := h.put(42, "x", Limits{Memory: 64 << 20, CPUs: 1})
	if dir == "" || len(missing) != 1 || missing[0].Limit != "cpus" {
		t.Errorf("got %s, %v", dir, missing)
	}
	if err := Remove(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error("systemd's own was touched")
	}
}

func TestCallOfSystemd(t *testing.T) {
	got := strings.Join(call("sandbox-x-42.scope", 42, Limits{Memory: 64 << 20, CPUs: 0.5}), " ")
	want := "call --quiet org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartTransientUnit ssa(sv)a(sa(sv)) " +
		"sandbox-x-42.scope fail 6 PIDs au 1 42 Description s a sandbox CollectMode s inactive-or-failed " +
		"MemoryMax t 67108864 MemorySwapMax t 0 CPUQuotaPerSecUSec t 500000 0"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJoined(t *testing.T) {
	h := tree(t, "/a", nil)
	write(t, filepath.Join(h.proc, "42/cgroup"), "0::/user.slice/u.scope\n")
	if dir, err := h.joined(t.Context(), 42, "u.scope"); err != nil || dir != filepath.Join(h.mount, "user.slice/u.scope") {
		t.Errorf("got %s, %v", dir, err)
	}
	if _, err := h.joined(t.Context(), 43, "u.scope"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a process that is gone: got %v", err)
	}
}

func TestNoBusWithoutAManager(t *testing.T) {
	if _, err := bus(1, func(string) string { return t.TempDir() }); !errors.Is(err, errNoManager) {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "systemd/private"), "")
	if got, err := bus(1, func(string) string { return dir }); err != nil || got[0] != "--user" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestKilled(t *testing.T) {
	for text, want := range map[string]int{"low 0\nhigh 0\nmax 7\noom 1\noom_kill 3\noom_group_kill 0\n": 3, "": 0, "oom_kill x\n": 0} {
		if got := killed(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	if got := Killed(t.TempDir()); got != 0 {
		t.Errorf("got %d", got)
	}
}

func TestRemoveLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"other", "sandbox-x"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Remove(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); os.IsNotExist(err) != (name == "sandbox-x") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Remove(filepath.Join(dir, "sandbox-x")); err != nil {
		t.Errorf("one that is gone: %v", err)
	}
}

func FuzzOwn(f *testing.F) {
	f.Add("0::/user.slice\n")
	f.Add("1:name=systemd:/\n0::/../x\n")
	f.Fuzz(func(t *testing.T, text string) {
		if path, err := own(text); err == nil && !strings.HasPrefix(path, "/") {
			t.Errorf("got %q", path)
		}
	})
}
