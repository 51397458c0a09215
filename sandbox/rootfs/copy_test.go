package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// tree makes one with a file of each kind that an image may have.
func tree(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "from")
	old := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)
	err := errors.Join(
		os.MkdirAll(dir+"/a/shut", 0o755), os.Mkdir(dir+"/sticky", 0o755),
		os.WriteFile(dir+"/a/f", []byte("text"), 0o640), os.WriteFile(dir+"/setuid", []byte("x"), 0o755),
		os.WriteFile(dir+"/empty", nil, 0o400), os.Link(dir+"/a/f", dir+"/hard"),
		os.Symlink("a/f", dir+"/link"), os.Symlink("/nonexistent/x", dir+"/dangling"), syscall.Mkfifo(dir+"/fifo", 0o600),
		os.Chmod(dir+"/setuid", 0o755|os.ModeSetuid), os.Chmod(dir+"/sticky", 0o777|os.ModeSticky), os.Chmod(dir+"/a/shut", 0o700),
		os.Chtimes(dir+"/a/f", old, old), os.Chtimes(dir+"/a/shut", old, old.Add(time.Hour)), os.Chtimes(dir+"/a", old, old.Add(time.Minute)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCopyTree(t *testing.T) {
	from := tree(t)
	to := filepath.Join(t.TempDir(), "to")
	if err := CopyTree(from+"/", to); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := filepath.WalkDir(from, func(path string, _ fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(from, path)
		sameEntry(t, path, filepath.Join(to, rel))
		n++
		return err
	})
	if err != nil || n != 11 {
		t.Errorf("%d entries, %v", n, err)
	}
	if !sameFile(t, to+"/a/f", to+"/hard") || sameFile(t, to+"/a/f", from+"/a/f") {
		t.Error("the copy's two names are not one file of its own")
	}
	if err := os.WriteFile(to+"/a/f", []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(from + "/a/f"); string(got) != "text" || err != nil {
		t.Errorf("the original is %q now, %v", got, err)
	}
}

// sameEntry demands that one is a copy of the other.
func sameEntry(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.Lstat(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.Lstat(b)
	if err != nil {
		t.Error(err)
		return
	}
	if x.Mode() != y.Mode() || !x.ModTime().Equal(y.ModTime()) {
		t.Errorf("%s: %v of %v became %v of %v", a, x.Mode(), x.ModTime(), y.Mode(), y.ModTime())
	}
	s, d := x.Sys().(*syscall.Stat_t), y.Sys().(*syscall.Stat_t)
	if s.Uid != d.Uid || s.Gid != d.Gid || !x.IsDir() && s.Nlink != d.Nlink {
		t.Errorf("%s: %d:%d's with %d names became %d:%d's with %d", a, s.Uid, s.Gid, s.Nlink, d.Uid, d.Gid, d.Nlink)
	}
	switch {
	case x.Mode()&os.ModeSymlink != 0:
		if p, q := readlink(t, a), readlink(t, b); p != q {
			t.Errorf("%s: %q became %q", a, p, q)
		}
	case x.Mode().IsRegular():
		p, perr := os.ReadFile(a)
		q, qerr := os.ReadFile(b)
		if string(p) != string(q) || perr != nil || qerr != nil {
			t.Errorf("%s: %q became %q, %v, %v", a, p, q, perr, qerr)
		}
	}
}

func readlink(t *testing.T, path string) string {
	t.Helper()
	to, err := os.Readlink(path)
	if err != nil {
		t.Error(err)
	}
	return to
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// TestCopyTreeOwners: they are the image's, and so are those of links.
func TestCopyTreeOwners(t *testing.T) {
	usernstest.Require(t, usernstest.Root)
	from := tree(t)
	to := filepath.Join(t.TempDir(), "to")
	if err := errors.Join(os.Lchown(from+"/a", 1, 2), os.Lchown(from+"/a/f", 3, 4), os.Lchown(from+"/link", 5, 6)); err != nil {
		t.Fatal(err)
	}
	if err := CopyTree(from, to); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "/a", "/a/f", "/hard", "/link", "/setuid"} {
		sameEntry(t, from+name, to+name)
	}
}

func TestCopyTreeRefused(t *testing.T) {
	to := filepath.Join(t.TempDir(), "to")
	if err := CopyTree("/nonexistent", to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no tree: %v", err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("and something was made: %v", err)
	}
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CopyTree(file, to); err == nil {
		t.Error("a file was copied as a tree")
	}
}
