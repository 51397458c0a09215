package gitrepo

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Make makes what has to be there to be protected: an empty directory of hooks, an
// empty file of settings. git takes both for nothing. A name that is not there
// cannot be kept from appearing, since a mount needs something to be mounted on.
func (p Protection) Make() error {
	for _, path := range slices.Sorted(maps.Keys(p.missing)) {
		if err := makeAt(path, p.missing[path]); err != nil {
			return err
		}
	}
	return nil
}

// makeAt goes through no symbolic link that leads out of what is there.
func makeAt(path string, dir bool) error {
	above, err := os.OpenRoot(nearest(path))
	if err != nil {
		return err
	}
	defer func() { _ = above.Close() }()
	rel, err := filepath.Rel(above.Name(), path)
	if err != nil {
		return err
	}
	if dir {
		return above.MkdirAll(rel, 0o755)
	}
	f, err := above.OpenFile(rel, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil // another start made it
	}
	if err != nil {
		return err
	}
	return f.Close()
}
