package sandbox_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// checkLeaks compares what there is when the test ends, after everything was
// removed, with what there was before.
func checkLeaks(t *testing.T, data, runtime string) {
	t.Helper()
	before := descriptors(t)
	processes := children(t)
	t.Cleanup(func() {
		waitFor(func() bool { return len(more(descriptors(t), before)) == 0 && len(more(children(t), processes)) == 0 })
		if d := more(descriptors(t), before); len(d) > 0 {
			t.Errorf("descriptors left open: %v", d)
		}
		if c := more(children(t), processes); len(c) > 0 {
			t.Errorf("processes left: %v", c)
		}
		for _, dir := range []string{"runs", "sandboxes"} {
			if left := names(t, filepath.Join(data, dir)); len(left) > 0 {
				t.Errorf("left in %s: %v", dir, left)
			}
		}
		if left := slices.DeleteFunc(names(t, runtime), func(n string) bool { return n == "m" || n == "reaper" }); len(left) > 0 {
			t.Errorf("left in the runtime directory: %v", left)
		}
		if m := mountsBelow(t, filepath.Dir(data)); len(m) > 0 {
			t.Errorf("mounts left: %v", m)
		}
	})
}

func waitFor(ok func() bool) {
	for end := time.Now().Add(3 * time.Second); !ok() && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

// descriptors describes the open ones of this process.
func descriptors(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, fd := range names(t, "/proc/self/fd") {
		to, err := os.Readlink("/proc/self/fd/" + fd)
		if err != nil || strings.HasSuffix(to, "/fd") {
			continue // the listing itself
		}
		if strings.HasPrefix(to, "anon_inode:") {
			to = "anon_inode"
		}
		out = append(out, to)
	}
	return out
}

// children lists those of all threads, zombies too.
func children(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, task := range names(t, "/proc/self/task") {
		b, err := os.ReadFile("/proc/self/task/" + task + "/children")
		if err != nil {
			continue
		}
		out = append(out, strings.Fields(string(b))...)
	}
	return out
}

// more lists what is in a more often than in b.
func more(a, b []string) []string {
	count := map[string]int{}
	for _, x := range b {
		count[x]++
	}
	var out []string
	for _, x := range a {
		if count[x]--; count[x] < 0 {
			out = append(out, x)
		}
	}
	return out
}

func mountsBelow(t *testing.T, dir string) []string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); strings.HasPrefix(f[4], dir+"/") {
			out = append(out, f[4])
		}
	}
	return out
}

// names lists a directory; a missing one is empty.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// stateOf is the letter of a process's state in /proc/PID/stat, empty without one.
func stateOf(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	return f[0]
}
