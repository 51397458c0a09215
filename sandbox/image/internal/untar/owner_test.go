package untar

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// inNamespace says that this process is root of a user namespace that
// TestOwners made, and names the test's directory.
const inNamespace = "UNTAR_TEST_NAMESPACE"

// mapped is how many ids the namespace has: only root may map more than its own.
func mapped() int {
	if os.Getuid() == 0 {
		return 65536
	}
	return 1
}

func TestOwners(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		testOwnersInside(t)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestOwners$", "-test.count=1")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	if mapped() > 1 {
		cmd.Env = append(cmd.Env, inNamespace+"_RANGE=1")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: mapped()}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: mapped()}},
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a user namespace: %v\n%s", err, out)
	}
}

func testOwnersInside(t *testing.T) {
	id := 0
	if os.Getenv(inNamespace+"_RANGE") != "" {
		id = 1000
	}
	owned := func(it item, uid int) item {
		it.Uid, it.Gid = uid, uid
		return it
	}
	root := confined(t)
	su := file("d/su", "x")
	su.Mode = 0o6755
	data := archive(t, owned(dir("d", 0o700), id), owned(su, id), owned(symlink("d/l", "/etc/passwd"), id), owned(special('6', "d/p"), id))
	if _, err := extract(t, root, data, Options{ChownMode: Apply}); err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(root, "d/su"), fs.ModeSetuid|fs.ModeSetgid|0o755)
	for _, name := range []string{"d", "d/su", "d/l", "d/p"} {
		var st syscall.Stat_t
		if err := syscall.Lstat(filepath.Join(root, name), &st); err != nil || st.Uid != uint32(id) || st.Gid != uint32(id) {
			t.Errorf("%s belongs to %d:%d (%v)", name, st.Uid, st.Gid, err)
		}
	}
	for _, uid := range []int{70000, -1, 1<<32 - 1, 1 << 40} {
		_, err := extract(t, confined(t), archive(t, owned(file("f", ""), uid)), Options{ChownMode: Apply})
		var owner *OwnerError
		if !errors.As(err, &owner) || owner.UID != uid {
			t.Errorf("owner %d: got %v", uid, err)
		}
	}
}

func TestOwnersAreIgnored(t *testing.T) {
	it := file("f", "x")
	it.Uid, it.Gid = 70000, -1
	root := confined(t)
	mustExtract(t, root, it)
	info, err := os.Stat(filepath.Join(root, "f"))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Getuid()) {
		t.Errorf("%v (%v)", info, err)
	}
}
