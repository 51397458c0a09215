package untar

import (
	"archive/tar"
	"os"
	"syscall"
)

func (x *extractor) symlink(h *tar.Header, p place) error {
	if err := p.replacing(func() error { return p.dir.Symlink(h.Linkname, p.base) }); err != nil {
		return err
	}
	return x.own(h.Name, h.Uid, h.Gid, func(uid, gid int) error { return p.dir.Lchown(p.base, uid, gid) })
}

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
	return p.path, err
}

// link makes a hard link. There is no falling back to a copy: what cannot be
// linked to is not a file of this archive.
func (x *extractor) link(source string, p place) error {
	if source == p.path {
		_, err := p.dir.Lstat(p.base)
		return err
	}
	return p.replacing(func() error { return x.tree.root.Link(source, p.path) })
}

func (x *extractor) fifo(h *tar.Header, p place) error {
	dir, err := p.dir.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	err = p.replacing(func() error {
		return os.NewSyscallError("mknodat", syscall.Mknodat(int(dir.Fd()), p.base, syscall.S_IFIFO|0o600, 0))
	})
	if err != nil {
		return err
	}
	if err := x.own(h.Name, h.Uid, h.Gid, func(uid, gid int) error { return p.dir.Lchown(p.base, uid, gid) }); err != nil {
		return err
	}
	if err := p.dir.Chmod(p.base, mode(h)); err != nil {
		return err
	}
	return p.dir.Chtimes(p.base, mtime(h), mtime(h))
}
