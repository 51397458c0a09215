package untar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// item is one entry of an archive that a test makes.
type item struct {
	tar.Header
	body string
}

func dir(name string, mode int64) item {
	return item{Header: tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}}
}

func file(name, body string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}, body: body}
}

func symlink(name, target string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}}
}

func hardlink(name, target string) item {
	return item{Header: tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}}
}

func special(kind byte, name string) item {
	return item{Header: tar.Header{Typeflag: kind, Name: name, Mode: 0o640, Devmajor: 1, Devminor: 1}}
}

func archive(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, it := range items {
		h := it.Header
		h.Size = int64(len(it.body))
		if h.ModTime.IsZero() {
			h.ModTime = fileTime()
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(it.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fileTime is that of all entries that say none.
func fileTime() time.Time { return time.Unix(1_000_000_000, 0) }

func compress(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// confined makes <temp>/root to unpack into and something beside it that must
// stay as it is; the check of that is part of clean-up.
func confined(t testing.TB) string {
	t.Helper()
	temp := t.TempDir()
	root := filepath.Join(temp, "root")
	mkdir(t, root)
	mkdir(t, filepath.Join(temp, "outside"))
	write(t, filepath.Join(temp, "outside", "victim"), "untouched")
	t.Cleanup(func() {
		checkOutside(t, temp)
		openUp(root)
	})
	return root
}

func checkOutside(t testing.TB, temp string) {
	t.Helper()
	for path, want := range map[string]int{temp: 2, filepath.Join(temp, "outside"): 1} {
		if list, err := os.ReadDir(path); err != nil || len(list) != want {
			t.Errorf("%s holds %v (%v): something was written outside of the root", path, list, err)
		}
	}
	victim := filepath.Join(temp, "outside", "victim")
	if b, err := os.ReadFile(victim); err != nil || string(b) != "untouched" {
		t.Errorf("victim holds %q (%v)", b, err)
	}
	info, err := os.Lstat(victim)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("victim is %v (%v)", info, err)
	}
}

// openUp makes every directory removable.
func openUp(root string) {
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

func extract(t testing.TB, root string, data []byte, o Options) (Stats, error) {
	t.Helper()
	return Extract(context.Background(), bytes.NewReader(data), root, o)
}

func mustExtract(t testing.TB, root string, items ...item) Stats {
	t.Helper()
	s, err := extract(t, root, archive(t, items...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wantFile(t testing.TB, path, want string) {
	t.Helper()
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("%s holds %q (%v), want %q", path, b, err, want)
	}
}

func wantMode(t testing.TB, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
	}
}
