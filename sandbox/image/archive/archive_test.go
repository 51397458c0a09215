//go:build !core

package archive

import (
	"archive/tar"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestUnpack: what it does not do by itself is tested where it is done; here
// that it is asked to.
func TestUnpack(t *testing.T) {
	file := store(t, zip(t, pack(t, entry{"etc/", tar.TypeDir, ""}, entry{name, tar.TypeReg, "text"}, entry{"link", tar.TypeSymlink, "etc"})))
	dir := t.TempDir()
	if stats, err := Unpack(t.Context(), open(t, file), dir, Options{Single: true}); err != nil || stats.Entries != 3 {
		t.Fatal(stats, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "link/passwd")); string(got) != "text" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	// ReadFile says the same before and after.
	for _, rootfs := range []string{file, dir} {
		if got, err := ReadFile(rootfs, name); got != "text" || err != nil {
			t.Errorf("%s: got %q, %v", rootfs, got, err)
		}
	}
}

func TestUnpackRefused(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := Unpack(ended, open(t, store(t, pack(t, entry{name, tar.TypeReg, "text"}))), dir, Options{Single: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func open(t *testing.T, file string) *os.File {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
