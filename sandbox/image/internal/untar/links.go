package untar

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// symlink makes a symbolic link. What it links to is for those to resolve who
// use it; nothing here ever follows it out of the root.
func (x *extractor) symlink(h *tar.Header, p place) error {
	if err := p.replacing(func() error { return p.dir.Symlink(h.Linkname, p.base) }); err != nil {
		return err
	}
	return x.finishNode(h, p)
}

// finishNode gives what cannot be opened its owner and time. No attribute can
// hold the owner where it cannot be applied.
func (x *extractor) finishNode(h *tar.Header, p place) error {
	err := x.own(h.Name, h.Uid, h.Gid, -1, 0, func(uid, gid int) error { return p.dir.Lchown(p.base, uid, gid) })
	if err != nil {
		return err
	}
	dir, err := p.dir.fd()
	if err != nil {
		return err
	}
	if h.Typeflag == tar.TypeFifo {
		if err := p.dir.Chmod(p.base, mode(h)); err != nil {
			return err
		}
	}
	return ondisk.SetTimeAt(dir, p.base, mtime(h))
}

var errNoTarget = errors.New("not in this archive")

// linkSource is the path of what a hard link links to.
func (x *extractor) linkSource(h *tar.Header) (string, error) {
	parts, err := checkedName(h.Linkname)
	if err != nil {
		return "", err
	}
	if len(parts) == 0 {
		return "", &NameError{h.Name, "hard link to the root"}
	}
	p, err := x.place(parts, follow)
	if err == nil {
		var info fs.FileInfo
		info, err = p.dir.Lstat(p.base)
		if err == nil && x.isWhiteout(p, info) {
			err = fs.ErrNotExist
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("hard link to %q: %w", h.Linkname, errNoTarget)
	}
	return p.path, err
}

// link makes a hard link. There is no falling back to a copy: what cannot be
// linked to is not a file of this archive, such as one of a lower layer.
func (x *extractor) link(source string, p place) error {
	if source == p.path {
		return nil
	}
	return p.replacing(func() error { return x.tree.root.Link(source, p.path) })
}

func (x *extractor) fifo(h *tar.Header, p place) error {
	err := p.replacing(func() error { return p.dir.mknod(p.base, syscall.S_IFIFO|0o600) })
	if err != nil {
		return err
	}
	return x.finishNode(h, p)
}
