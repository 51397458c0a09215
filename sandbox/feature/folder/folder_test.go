package folder_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/feature/folder"
)

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, top, path string) *os.Root {
	t.Helper()
	root, err := folder.Open(top, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func digest(t *testing.T, dir string) string {
	t.Helper()
	d, err := folder.Digest(open(t, dir, "."))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDigestIsOfTheContent(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a/b"), "text", 0o644)
	write(t, filepath.Join(dir, "install.sh"), "#!/bin/sh\n", 0o755)
	first := digest(t, dir)
	if err := os.Chtimes(filepath.Join(dir, "a/b"), fixed(), fixed()); err != nil {
		t.Fatal(err)
	}
	if digest(t, dir) != first {
		t.Error("a time changed it")
	}
	copied := t.TempDir()
	d, err := folder.Copy(open(t, dir, "."), copied)
	if err != nil || d != first || digest(t, copied) != first {
		t.Errorf("the copy: %s, %v", d, err)
	}
	seen := map[string]string{first: "nothing"}
	for name, change := range map[string]func() error{
		"content": func() error { return os.WriteFile(filepath.Join(dir, "a/b"), []byte("texT"), 0o644) },
		"mode":    func() error { return os.Chmod(filepath.Join(dir, "a/b"), 0o755) },
		"name":    func() error { return os.Rename(filepath.Join(dir, "a/b"), filepath.Join(dir, "a/c")) },
		"link":    func() error { return os.Symlink("/etc/passwd", filepath.Join(dir, "l")) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		d := digest(t, dir)
		if other, same := seen[d]; same {
			t.Errorf("%s changed nothing since %s", name, other)
		}
		seen[d] = name
	}
}

func TestNothingElsewhereIsRead(t *testing.T) {
	top, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "devcontainer-feature.json"), `{"id": "secret", "version": "1"}`, 0o644)
	for link, target := range map[string]string{"abs": outside, "up": "../" + filepath.Base(outside)} {
		if err := os.Symlink(target, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
		if root, err := folder.Open(top, link); err == nil {
			t.Errorf("%s: opened %s", link, root.Name())
		}
	}
	for _, path := range []string{"..", "../x", "/etc", ""} {
		if root, err := folder.Open(top, path); err == nil {
			t.Errorf("%q: opened %s", path, root.Name())
		}
	}
	write(t, filepath.Join(top, "f/install.sh"), "", 0o755)
	if err := os.Symlink(filepath.Join(outside, "devcontainer-feature.json"), filepath.Join(top, "f/devcontainer-feature.json")); err != nil {
		t.Fatal(err)
	}
	if m, err := folder.Describe(open(t, top, "f")); err == nil {
		t.Errorf("described as %s", m.ID)
	}
}

func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "p"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Digest(open(t, dir, ".")); err == nil || !strings.Contains(err.Error(), "neither a file") {
		t.Errorf("a FIFO: %v", err)
	}
	other := t.TempDir()
	if err := os.Mkdir(filepath.Join(other, "devcontainer-feature.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Describe(open(t, other, ".")); err == nil {
		t.Error("a directory as a description")
	}
	write(t, filepath.Join(dir, "devcontainer-feature.json"), strings.Repeat(" ", 2<<20), 0o644)
	if _, err := folder.Describe(open(t, dir, ".")); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("two megabytes: %v", err)
	}
}

func fixed() time.Time { return time.Unix(1e9, 0) }
