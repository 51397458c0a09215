package archive

import (
	"archive/tar"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestUnpack: what it does not do by itself is tested where it is done; here
// that it is asked to.
func TestUnpack(t *testing.T) {
	file := store(t, zip(t, pack(t, entry{"etc/", tar.TypeDir, ""}, entry{name, tar.TypeReg, "text"}, entry{"link", tar.TypeSymlink, "etc"})))
	dir := t.TempDir()
	if err := Unpack(t.Context(), file, dir, true); err != nil {
		t.Fatal(err)
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
	if err := Unpack(t.Context(), "/nonexistent", t.TempDir(), true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := Unpack(ended, store(t, pack(t, entry{name, tar.TypeReg, "text"})), dir, true); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
