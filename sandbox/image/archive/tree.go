//go:build !core

package archive

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
)

// Tree extracts an archive of plain files, nobody's in particular, into the empty
// directory dir: all of it is the caller's, who can read, change and remove it.
func Tree(ctx context.Context, r io.Reader, dir string, maxBytes, maxEntries int64) error {
	if _, err := untar.Extract(ctx, r, dir, untar.Options{MaxBytes: maxBytes, MaxEntries: maxEntries}); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.Chmod(path, 0o755)
		case d.Type().IsRegular():
			info, err := d.Info()
			if err != nil {
				return err
			}
			return os.Chmod(path, 0o644|info.Mode().Perm()&0o111)
		case d.Type()&fs.ModeSymlink == 0:
			return os.Remove(path) // a FIFO
		}
		return nil
	})
}
