package pick

import (
	"errors"
	"io"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
)

// OpenArchive opens a file that is an archive, compressed or not; nil for what is none.
func (t Tree) OpenArchive(path string) (*os.File, error) {
	root, err := os.OpenRoot(t.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	if info, err := root.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	if untar.IsArchive(f) {
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			return f, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}
