package untar

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestMerge(t *testing.T) {
	root := confined(t)
	mustExtract(t, root, dir("stays", 0o711), dir("stays/sub", 0o711), dir("real", 0o711), symlink("linked", "real"), file("old", "old"), dir("d", 0o755))
	merge := func(items ...item) error {
		_, err := Extract(context.Background(), bytes.NewReader(archive(t, items...)), root, Options{
			Merge: true, Stays: func(path string) bool { return path == "stays" },
		})
		return err
	}
	err := merge(dir("stays", 0o700), dir("stays/sub", 0o750), file("stays/sub/f", "new"), dir("linked", 0o700), file("linked/f", "through"), file("old", "new"))
	if err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(root, "stays"), fs.ModeDir|0o711)
	wantMode(t, filepath.Join(root, "stays/sub"), fs.ModeDir|0o750)
	wantMode(t, filepath.Join(root, "real"), fs.ModeDir|0o711)
	wantFile(t, filepath.Join(root, "stays/sub/f"), "new")
	wantFile(t, filepath.Join(root, "real/f"), "through")
	wantFile(t, filepath.Join(root, "old"), "new")
	if target, err := os.Readlink(filepath.Join(root, "linked")); err != nil || target != "real" {
		t.Errorf("the link is %q (%v)", target, err)
	}
	if err := merge(file("d", "x")); !errors.Is(err, errDirThere) {
		t.Errorf("a file in a directory's place: %v", err)
	}
	if err := merge(dir("old", 0o755)); !errors.Is(err, errFileThere) {
		t.Errorf("a directory in a file's place: %v", err)
	}
}
