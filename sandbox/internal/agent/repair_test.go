package agent

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// project makes a tree of seven.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := errors.Join(os.MkdirAll(dir+"/a/b", 0o755), os.WriteFile(dir+"/a/b/f", []byte("x"), 0o600),
		os.WriteFile(dir+"/f", nil, 0o4755), os.Symlink("/nonexistent", dir+"/dangling"), os.Symlink("f", dir+"/link"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func ids(t *testing.T, path string) (uid, gid int) {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(statOf(st).Uid), int(statOf(st).Gid)
}

func TestRepair(t *testing.T) {
	usernstest.Require(t, usernstest.Root)
	dir := project(t)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.WriteFile(outside, nil, 0o644), os.Symlink(outside, dir+"/out")); err != nil {
		t.Fatal(err)
	}
	const uid, gid = 4711, 4712
	if got := repair(dir, uid, gid); got != 8 {
		t.Errorf("%d were changed, want 8", got)
	}
	for _, name := range []string{"", "a", "a/b", "a/b/f", "f", "link", "dangling", "out"} {
		if u, g := ids(t, filepath.Join(dir, name)); u != uid || g != gid {
			t.Errorf("%q is %d:%d's", name, u, g)
		}
	}
	if u, g := ids(t, outside); u != 0 || g != 0 {
		t.Errorf("what a link leads to is %d:%d's", u, g)
	}
	if st, err := os.Stat(dir + "/f"); err != nil || st.Mode()&os.ModeSetuid != 0 {
		t.Errorf("a set-user-ID file of root's became the user's: %v, %v", st.Mode(), err)
	}
	if got := repair(dir, uid, gid); got != 0 {
		t.Errorf("%d were changed again", got)
	}
	// One that only the group or the user does not match, and one that cannot be named here.
	if err := errors.Join(os.Lchown(dir+"/a", uid, 0), os.Lchown(dir+"/a/b", 0, gid), os.Lchown(dir+"/f", unmapped, unmapped)); err != nil {
		t.Fatal(err)
	}
	if got := repair(dir, uid, gid); got != 2 {
		t.Errorf("%d were changed, want 2", got)
	}
	if got := repair(dir, 0, 0); got != 7 {
		t.Errorf("%d were changed back, want 7", got)
	}
	if u, _ := ids(t, dir+"/f"); u != unmapped {
		t.Errorf("an id of nobody here became %d", u)
	}
	a := &agent{config: Config{Workspace: dir, User: User{UID: uid, GID: gid}}}
	if got := a.repairAfter(&prepared{}); got != 7 {
		t.Errorf("after a command of root's %d were changed, want 7", got)
	}
}

// TestRepairOfNothing: what is the user's already, or not there, is not counted.
func TestRepairOfNothing(t *testing.T) {
	dir := project(t)
	if got := repair(dir, os.Getuid(), os.Getgid()); got != 0 {
		t.Errorf("%d were changed", got)
	}
	if got := repair(dir+"/none", os.Getuid(), os.Getgid()); got != 0 {
		t.Errorf("%d of nothing were changed", got)
	}
}

// TestRepairWithoutTheRight changes nothing, and does not say that it did.
func TestRepairWithoutTheRight(t *testing.T) {
	dir := project(t)
	uid, gid := ids(t, dir)
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	count := make(chan int)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		// Where we are root, this thread no longer is; to others it does nothing (setfsuid(2)).
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 4711, 0, 0)
		count <- repair(dir, uid+1, gid+1)
	}()
	if got := <-count; got != 0 {
		t.Errorf("%d were changed", got)
	}
	if u, g := ids(t, dir); u != uid || g != gid {
		t.Errorf("it is %d:%d's now", u, g)
	}
}

// Only what may become root by itself is looked after; an image without sudo has nothing of the kind.
func TestElevates(t *testing.T) {
	_, err := os.Stat("/usr/bin/sudo")
	for name, c := range map[string]spec.Command{"a hook": {Hook: true}, "a shell": {Login: true}, "its name": {Args: []string{"sh", "-c", "sudo x"}}} {
		if got := elevates(c); got != (err == nil) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if elevates(spec.Command{Args: []string{"make"}}) {
		t.Error("any command")
	}
}

// TestRepairAfter: only where a command of somebody else may have left something.
func TestRepairAfter(t *testing.T) {
	dir := project(t)
	me := User{UID: os.Getuid() + 1, GID: os.Getgid()} // so that all of it is another's
	for name, c := range map[string]struct {
		config Config
		by     int
	}{
		"the user's own command":   {Config{Workspace: dir, User: me}, me.UID},
		"no writable project":      {Config{User: me}, 0},
		"one id":                   {Config{Workspace: dir, User: me, Single: true}, 0},
		"a project that went away": {Config{Workspace: dir + "/none", User: me}, 0},
	} {
		if got := (&agent{config: c.config}).repairAfter(&prepared{user: User{UID: c.by}}); got != 0 {
			t.Errorf("%s: %d were changed", name, got)
		}
	}
	if u, _ := ids(t, dir); u != os.Getuid() {
		t.Errorf("it is %d's now", u)
	}
}
