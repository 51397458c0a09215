package sandbox_test

import (
	"archive/tar"
	"context"
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// newRootfs makes a small root file system: /bin/probe leads to this binary, with the
// libraries that it needs (none when it is static), and a little of /etc.
func newRootfs(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rootfs")
	for _, d := range []string{"bin", "etc", "usr/lib", "tmp", "root"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "etc/passwd"), "root:x:0:0::/root:/bin/probe\ndev:x:1234:1234::/home/dev:/bin/probe\n")
	write(t, filepath.Join(dir, "etc/group"), "root:x:0:\ndev:x:1234:\n")
	write(t, filepath.Join(dir, "usr/lib/old"), "old")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/probe/"+filepath.Base(self), filepath.Join(dir, "bin/probe")); err != nil { // see withProbe
		t.Fatal(err)
	}
	for _, l := range libraries(t, self) {
		copyFile(t, l, filepath.Join(dir, l))
	}
	return dir
}

// libraries lists what a binary needs to be executed: nothing, or its loader and
// the C library's parts.
func libraries(t *testing.T, path string) []string {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	libs, err := f.ImportedLibraries()
	if err != nil || len(libs) == 0 {
		return nil
	}
	section := f.Section(".interp")
	loader, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{string(loader[:len(loader)-1])}
	for _, l := range libs {
		for _, dir := range []string{"/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"} {
			if _, err := os.Stat(filepath.Join(dir, l)); err == nil {
				out = append(out, filepath.Join(dir, l))
				break
			}
		}
	}
	return out
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// read gives a file of the host, empty if it is not there.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// archiveOf packs a directory, and more entries behind it, into a tar archive.
func archiveOf(t *testing.T, dir string, more ...*tar.Header) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rootfs.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for _, h := range more {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// onRootfs puts a specification on a root file system instead of the host base.
func onRootfs(s spec.Spec, path string) spec.Spec {
	s.Image = spec.Image{Kind: spec.ImageDir, Path: path, Ref: "rootfs:" + path}
	if s.User.UID != 0 {
		s.User.Home = "/home/" + s.User.Name
	}
	return s
}

// clearRootfs removes everything that subordinate ids own in the store, by the means that users have.
func (f *fixture) clearRootfs() {
	if _, err := f.Prune(context.Background(), sandbox.PruneOptions{All: true}); err != nil {
		f.t.Errorf("prune: %v", err)
	}
	if left := names(f.t, filepath.Join(f.data, "layers")); len(left) > 0 {
		f.t.Errorf("left in layers: %v", left)
	}
}
