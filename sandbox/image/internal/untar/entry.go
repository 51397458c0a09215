package untar

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"path"
)

// place is where one entry goes.
type place struct {
	dir  *directory // its parent
	base string
	path string // from the root, free of symbolic links but for the last part
}

// entry makes one entry of the archive.
func (x *extractor) entry(h *tar.Header, content io.Reader) error {
	x.stats.Entries++
	if err := x.count(); err != nil {
		return err
	}
	if x.o.Rewrite != nil {
		if err := x.o.Rewrite(h); err != nil {
			return entryError(h.Name, err)
		}
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo:
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeChar, tar.TypeBlock:
		x.stats.skip(h.Name, "device")
		return nil
	default:
		x.stats.skip(h.Name, "unknown type of entry")
		return nil
	}
	parts, m, err := x.name(h)
	switch {
	case err != nil:
		return err
	case m == reserved:
		x.stats.skip(h.Name, "a note of AUFS")
		return nil
	case m != noMark:
		return entryError(h.Name, x.mark(parts, m))
	case len(parts) == 0:
		return x.rootEntry(h)
	}
	return entryError(h.Name, x.make(h, parts, content))
}

func (x *extractor) name(h *tar.Header) ([]string, mark, error) {
	if x.o.Whiteouts == Refuse {
		parts, err := checkedName(h.Name)
		return parts, noMark, err
	}
	parts, m, err := markedName(h.Name)
	if (m == hides || m == opaque) && h.Typeflag == tar.TypeDir {
		err = &NameError{h.Name, "a whiteout that is a directory"}
	}
	return parts, m, err
}

// rootEntry is "./": the directory exists, and gets the entry's mode.
func (x *extractor) rootEntry(h *tar.Header) error {
	if h.Typeflag != tar.TypeDir {
		return &NameError{h.Name, "would replace the root"}
	}
	if x.o.Merge {
		return nil
	}
	return x.remember("", newDirMeta(h))
}

func (x *extractor) make(h *tar.Header, parts []string, content io.Reader) error {
	var source string
	if h.Typeflag == tar.TypeLink { // first: finding the source moves the tree
		var err error
		if source, err = x.linkSource(h); err != nil {
			return err
		}
	}
	p, err := x.place(parts, create)
	if err != nil {
		return err
	}
	if x.o.Merge {
		if done, err := x.merge(h, p); done || err != nil {
			return err
		}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return x.directory(h, p)
	case tar.TypeSymlink:
		return x.symlink(h, p)
	case tar.TypeLink:
		return x.link(source, p)
	case tar.TypeFifo:
		return x.fifo(h, p)
	}
	return x.file(h, p, content)
}

func (x *extractor) place(parts []string, how lookup) (place, error) {
	last := len(parts) - 1
	dir, parent, err := x.tree.parent(parts[:last], how)
	if err != nil {
		return place{}, err
	}
	return place{dir, parts[last], path.Join(parent, parts[last])}, nil
}

// replacing makes something that must not exist yet, and removes what is in
// its way. The tree's chain ends at p's parent, so nothing it holds is removed.
func (p place) replacing(mk func() error) error {
	err := mk()
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := p.dir.RemoveAll(p.base); err != nil {
		return err
	}
	return mk()
}

func (x *extractor) directory(h *tar.Header, p place) error {
	err := p.dir.Mkdir(p.base, 0o700)
	if errors.Is(err, fs.ErrExist) {
		err = x.keepDirectory(p)
	}
	if err != nil {
		return err
	}
	if hasXattrs(h) {
		if err := x.dirXattrs(h, p); err != nil {
			return err
		}
	}
	return x.remember(p.path, newDirMeta(h))
}

func (x *extractor) dirXattrs(h *tar.Header, p place) error {
	f, err := p.dir.Open(p.base)
	if err != nil {
		return err
	}
	x.setXattrs(int(f.Fd()), h)
	return f.Close()
}

// keepDirectory keeps one that is there and sees that it can be filled. What
// else is there is replaced, and with it what the lower layers have there.
func (x *extractor) keepDirectory(p place) error {
	info, err := p.dir.Lstat(p.base)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if err := p.replacing(func() error { return p.dir.Mkdir(p.base, 0o700) }); err != nil {
			return err
		}
		return x.hideBelowPlace(p)
	}
	if info.Mode()&0o700 != 0o700 {
		return p.dir.Chmod(p.base, 0o700)
	}
	return nil
}
