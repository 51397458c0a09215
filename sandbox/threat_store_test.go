package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestThreat03DevNullIsALink: masks are not made from what the image has as /dev/null.
func TestThreat03DevNullIsALink(t *testing.T) {
	f := newEngine(t)
	image := newRootfs(t)
	dev := filepath.Join(image, "dev")
	if err := os.Mkdir(dev, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(image, "etc/mine"), "mine")
	if err := os.Symlink("/etc/mine", filepath.Join(dev, "null")); err != nil {
		t.Fatal(err)
	}
	f.up(onRootfs(f.spec(), image))
	f.eachUser("files", []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/dev/null"}, func(t *testing.T, got map[string]string) {
		for path, text := range got {
			if text != "" && !strings.HasPrefix(text, "error:") {
				t.Errorf("%s reads %q", path, text)
			}
		}
	})
}

// TestThreat13StoreOfAnotherUser: nobody else sees what the store holds, setuid programs among it.
func TestThreat13StoreOfAnotherUser(t *testing.T) {
	usernstest.Require(t, usernstest.Root)
	f := newEngine(t)
	f.run(onImage(f.spec(), spec.ImageOCI, layeredImage(t)), probing(t, "env"))
	for dir := filepath.Dir(f.data); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ls := func(dir string) error {
		c := exec.Command("ls", dir)
		c.Dir = "/"
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		return c.Run()
	}
	if err := ls(filepath.Dir(f.data)); err != nil {
		t.Fatalf("another user sees nothing of %s at all: %v", filepath.Dir(f.data), err)
	}
	for _, dir := range []string{f.data, filepath.Join(f.data, "layers"), filepath.Join(f.data, "images"), f.runtime} {
		if ls(dir) == nil {
			t.Errorf("another user can look into %s", dir)
		}
	}
}
