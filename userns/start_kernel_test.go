package userns_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/subid"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// caller is the present user, with the subordinate ids that it has.
func caller(t *testing.T) userns.Caller {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	c := userns.Caller{UID: os.Getuid(), GID: os.Getgid()}
	if uids, gids, err := subid.Ranges(c.UID, u.Username); err == nil && userns.MayMapRange() == nil {
		c.SubUIDs, c.SubGIDs = uids, gids
	}
	return c
}

// launch is one with an empty root in memory, the caller's own id kept, and a task.
func launch(t *testing.T, todo task, ops ...userns.Op) userns.Launch {
	t.Helper()
	usernstest.Require(t, usernstest.UserNS)
	c := caller(t)
	return userns.Launch{
		IDs: c.Map(c.UID, c.GID), Staging: t.TempDir(), Hostname: "inside",
		Root: &userns.Root{Kind: userns.RootTmpfs}, Ops: ops, Payload: payload(t, todo),
	}
}

func payload(t *testing.T, todo task) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(todo)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run starts a launch whose task tells something, and waits for its end.
func run(t *testing.T, l userns.Launch) (seen, *userns.Process) {
	t.Helper()
	p, out, err := startHere(l)
	if err != nil {
		t.Fatal(err)
	}
	var s seen
	derr := json.NewDecoder(out).Decode(&s)
	_ = out.Close()
	if code, err := p.Wait(); code != 0 || err != nil || derr != nil {
		t.Fatalf("it ended with %d, %v, and told %v", code, err, derr)
	}
	if s.Err != "" {
		t.Fatal(s.Err)
	}
	return s, p
}

func TestStart(t *testing.T) {
	host := t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "f"), []byte("of the host"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := launch(t, task{Do: "look", Files: []string{
		"/", "/etc/hostname", "/etc/passwd", "/etc/group", "/link", "/mnt/f", "/made/here", "/small", "/tmp", "/run/lock",
		"/proc/self/status", "/proc/interrupts", "/proc/sys", "/sys/firmware", "/dev/null", "/dev/ptmx", host, "/missing",
	}},
		userns.Op{Kind: userns.OpStandard},
		userns.Op{Kind: userns.OpWrite, Target: "/etc/hostname", Data: "inside\n", Mode: 0o644},
		userns.Op{Kind: userns.OpSymlink, Source: "/etc", Target: "/link"},
		userns.Op{Kind: userns.OpMkdir, Target: "/made/here", Mode: 0o1770},
		userns.Op{Kind: userns.OpTmpfs, Target: "/small", Mode: 0o700, Size: 4096, ReadOnly: true},
		userns.Op{Kind: userns.OpBind, Source: host, Target: "/mnt", ReadOnly: true, NoSuid: true},
		userns.Op{Kind: userns.OpBind, Source: "/nonexistent", Target: "/missing", Optional: true},
	)
	l.User = &userns.Account{Name: "me", UID: os.Getuid(), GID: os.Getgid(), Home: "/home/me"}
	l.Limits.NoFile = 64
	s, p := run(t, l)
	if len(p.Degraded) > 0 && !covered(p.Degraded) {
		t.Errorf("degraded: %v", p.Degraded)
	}
	if s.PID != 1 || s.Hostname != "inside" || s.Core != 0 || s.NoFile != 64 {
		t.Errorf("process %d of %s, limits %d, %d", s.PID, s.Hostname, s.Core, s.NoFile)
	}
	if uid, _ := l.IDs.Root(); s.UID != uid {
		t.Errorf("set-up ran as %d, want %d", s.UID, uid)
	}
	wantFile(t, s, "/etc/hostname", 0o644, "inside\n")
	wantFile(t, s, "/link", os.ModeSymlink|0o777, "/etc")
	wantFile(t, s, "/made/here", os.ModeDir|os.ModeSticky|0o770, "")
	wantFile(t, s, "/small", os.ModeDir|0o700, "")
	wantFile(t, s, "/tmp", os.ModeDir|os.ModeSticky|0o777, "")
	wantFile(t, s, "/run/lock", os.ModeDir|os.ModeSticky|0o777, "")
	wantFile(t, s, "/mnt/f", 0o644, "of the host")
	wantFile(t, s, "/dev/ptmx", os.ModeSymlink|0o777, "pts/ptmx")
	for name, ro := range map[string]bool{"/": false, "/small": true, "/mnt/f": true, "/proc/sys": true, "/sys/firmware": true, "/tmp": false} {
		if f := s.Files[name]; f.Err != "" || f.RO != ro {
			t.Errorf("%s: %+v, want read-only %v", name, f, ro)
		}
	}
	for _, name := range []string{host, "/missing"} {
		if f := s.Files[name]; !strings.Contains(f.Err, syscall.ENOENT.Error()) {
			t.Errorf("%s is there: %+v", name, f)
		}
	}
	if !strings.HasPrefix(s.Files["/etc/passwd"].Text, "me:x:") || !strings.HasPrefix(s.Files["/etc/group"].Text, "me:x:") {
		t.Errorf("users: %+v, %+v", s.Files["/etc/passwd"], s.Files["/etc/group"])
	}
	if f := s.Files["/proc/interrupts"]; f.Mode&os.ModeCharDevice == 0 {
		t.Errorf("/proc/interrupts is not masked: %+v", f)
	}
	if strings.Contains(s.Mounts, l.Staging) {
		t.Errorf("the old root is among the mounts:\n%s", s.Mounts)
	}
}

func covered(d []userns.Degradation) bool { return len(d) == 1 && d[0].What == "proc" }

func wantFile(t *testing.T, s seen, name string, mode os.FileMode, text string) {
	t.Helper()
	if f := s.Files[name]; f.Err != "" || f.Mode != mode || f.Text != text {
		t.Errorf("%s: %v, %q, %s; want %v, %q", name, f.Mode, f.Text, f.Err, mode, text)
	}
}

// TestUmaskOfTheCaller: what set-up makes is for every user inside, however
// private the caller's own files are.
func TestUmaskOfTheCaller(t *testing.T) {
	l := launch(t, task{Do: "look", Files: []string{"/", "/a", "/a/b/f", "/etc/passwd", "/etc"}},
		userns.Op{Kind: userns.OpProc, Target: "/proc"},
		userns.Op{Kind: userns.OpWrite, Target: "/a/b/f", Mode: 0o644})
	l.User = &userns.Account{Name: "me", UID: os.Getuid(), GID: os.Getgid(), Home: "/"}
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	s, _ := run(t, l)
	wantFile(t, s, "/", os.ModeDir|0o755, "")
	wantFile(t, s, "/a", os.ModeDir|0o755, "")
	wantFile(t, s, "/etc", os.ModeDir|0o755, "")
	wantFile(t, s, "/a/b/f", 0o644, "")
	if f := s.Files["/etc/passwd"]; f.Mode != 0o644 {
		t.Errorf("/etc/passwd: %+v", f)
	}
}

// TestStartWithoutRoot: ids and namespaces alone, on the host's file system.
func TestStartWithoutRoot(t *testing.T) {
	l := launch(t, task{Do: "look", Files: []string{"/"}})
	here := filepath.Join(l.Staging, "f")
	if err := os.WriteFile(here, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	l.Root, l.Payload = nil, payload(t, task{Do: "look", Files: []string{here}})
	s, p := run(t, l)
	wantFile(t, s, here, 0o644, "x")
	if s.PID != p.PID || s.Files[here].UID != os.Getuid() {
		t.Errorf("process %d, want %d; the file is %d's", s.PID, p.PID, s.Files[here].UID)
	}
}

// TestOverlay: with a writable layer on disk and with one in memory; nothing of
// it reaches the layer below.
func TestOverlay(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS, usernstest.Overlay)
	for name, onDisk := range map[string]bool{"on disk": true, "in memory": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			lower := filepath.Join(dir, "a:b,c\\d") // no separator of an option
			if err := os.MkdirAll(filepath.Join(lower, "etc"), 0o755); err != nil {
				t.Fatal(err)
			}
			l := launch(t, task{Do: "look", Files: []string{"/etc/f"}},
				userns.Op{Kind: userns.OpWrite, Target: "/etc/f", Data: "new", Mode: 0o644})
			l.Root = &userns.Root{Kind: userns.RootOverlay, Lower: []string{lower}}
			if onDisk {
				l.Root.Upper, l.Root.Work = filepath.Join(dir, "upper"), filepath.Join(dir, "work")
				t.Cleanup(func() { removeInside(t, l.Root.Work, l.Root.Upper) })
			}
			s, _ := run(t, l)
			wantFile(t, s, "/etc/f", 0o644, "new")
			if entries, err := os.ReadDir(filepath.Join(lower, "etc")); err != nil || len(entries) > 0 {
				t.Errorf("in the lower layer: %v, %v", entries, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "upper/etc/f")); (err == nil) != onDisk {
				t.Errorf("in the upper layer: %v", err)
			}
		})
	}
}

// TestManyLayers: more than fit in one text of fsconfig(2), and as many as an image may have.
func TestManyLayers(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS, usernstest.Overlay)
	dir := t.TempDir()
	l := launch(t, task{Do: "look", Files: []string{"/f0", "/f129", "/same"}})
	l.Root = &userns.Root{Kind: userns.RootOverlay}
	for i := range 130 {
		layer := filepath.Join(dir, strconv.Itoa(i))
		text := []byte(strconv.Itoa(i))
		if err := errors.Join(os.Mkdir(layer, 0o755), os.WriteFile(layer+"/f"+strconv.Itoa(i), text, 0o644), os.WriteFile(layer+"/same", text, 0o644)); err != nil {
			t.Fatal(err)
		}
		l.Root.Lower = append(l.Root.Lower, layer)
	}
	s, _ := run(t, l)
	wantFile(t, s, "/f0", 0o644, "0")
	wantFile(t, s, "/f129", 0o644, "129")
	wantFile(t, s, "/same", 0o644, "0")
}

// removeInside removes what subordinate ids own.
func removeInside(t *testing.T, dirs ...string) {
	t.Helper()
	c := caller(t)
	l := userns.Launch{IDs: c.Map(c.UID, c.GID), Payload: payload(t, task{Do: "remove", Files: dirs})}
	p, err := userns.Start(role, l, userns.Stdio{Err: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	if code, err := p.Wait(); code != 0 || err != nil {
		t.Fatalf("remove: %d, %v", code, err)
	}
}

// TestEnterWithoutStart: a person who calls the role by hand gets an end, not a hang.
func TestEnterWithoutStart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{role}
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v, want 1", err)
	}
}
