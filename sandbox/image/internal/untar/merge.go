package untar

import (
	"archive/tar"
	"errors"
	"io/fs"
)

// What Options.Merge refuses.
var (
	errDirThere  = errors.New("there is a directory already")
	errFileThere = errors.New("there is something already that is no directory")
)

// merge looks at what is there already; done when that serves as the entry.
func (x *extractor) merge(h *tar.Header, p place) (done bool, err error) {
	info, err := p.dir.Lstat(p.base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case h.Typeflag != tar.TypeDir && info.IsDir():
		return false, errDirThere
	case h.Typeflag != tar.TypeDir:
		return false, nil
	case info.IsDir():
		return x.o.Stays != nil && x.o.Stays(p.path), nil
	case info.Mode().Type() != fs.ModeSymlink:
		return false, errFileThere
	}
	if _, _, err := x.tree.parent(split(p.path), follow); err != nil {
		return false, errFileThere
	}
	return true, nil
}
