package userns

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// TestSealedCopy: nobody who gets hold of it can change it, not even through its /proc link.
func TestSealedCopy(t *testing.T) {
	src := filepath.Join(t.TempDir(), "program")
	content := strings.Repeat("0123456789abcdef", 1<<16)
	if err := os.WriteFile(src, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	image, err := sealedCopy(src)
	if err != nil {
		t.Fatal(err)
	}
	defer image.close()
	if image.seal != "" {
		t.Errorf("the mount of %s is to be sealed too", image.seal)
	}
	f, err := os.OpenFile(image.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, syscall.EPERM) {
		t.Errorf("write: %v, want EPERM", err)
	}
	for _, size := range []int64{0, int64(len(content)) + 1} {
		if err := f.Truncate(size); !errors.Is(err, syscall.EPERM) {
			t.Errorf("truncate to %d: %v, want EPERM", size, err)
		}
	}
	got, err := os.ReadFile(image.path)
	if err != nil || string(got) != content {
		t.Errorf("%d bytes, %v; want a copy of %d", len(got), err, len(content))
	}
}

func TestSealedCopyRefused(t *testing.T) {
	before := descriptors(t)
	if _, err := sealedCopy("/nonexistent"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("got %v, want ENOENT", err)
	}
	short, err := os.Create(filepath.Join(t.TempDir(), "short"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sys.Sealed("short", int(short.Fd()), 1<<20); err == nil {
		t.Error("half a copy was taken for a whole one")
	}
	if err := short.Close(); err != nil {
		t.Fatal(err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
}

func TestOwnBinary(t *testing.T) {
	image, err := ownBinary()
	if err != nil {
		t.Fatal(err)
	}
	defer image.close()
	if !sameFile(image.path, "/proc/self/exe") || image.seal != image.path {
		t.Errorf("got %+v", image)
	}
}

// TestSealMount: the directory is on the path, and nothing above it is of the same mount.
func TestSealMount(t *testing.T) {
	for _, path := range []string{"/proc/self/status", filepath.Join(t.TempDir(), ".")} {
		fd, err := sealMount(path)
		if err != nil {
			t.Fatal(err)
		}
		at, err := os.Readlink(fdPath(fd))
		sys.Close(fd)
		if err != nil || !strings.HasPrefix(path, at) {
			t.Fatalf("%s: %s, %v", path, at, err)
		}
		own, err := sys.MountID(path)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := sys.MountID(at); err != nil || id != own {
			t.Errorf("%s is of mount %d, %v; want %d", at, id, err, own)
		}
		if id, err := sys.MountID(filepath.Dir(at)); at != "/" && (err != nil || id == own) {
			t.Errorf("above %s is mount %d too, %v", at, id, err)
		}
	}
	if _, err := sealMount("/nonexistent/program"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("got %v, want ENOENT", err)
	}
}

func TestSameFile(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, f := range []string{a, b} {
		if err := os.WriteFile(f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !sameFile(a, a) || sameFile(a, b) || sameFile(a, dir+"/c") || sameFile(dir+"/c", a) {
		t.Error("files are told apart wrongly")
	}
}
