package untar

import (
	"archive/tar"
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"
	"syscall"
	"time"
)

// maxDirNames bounds the memory that the names of directories take until the
// archive ends: a million of them with a hundred characters each is a fifth of it.
const maxDirNames = 512 << 20

// dirMeta is what a directory gets when everything is in it: its mode may
// forbid to fill it, and filling it changes its time. It is kept small, because
// a hostile archive has millions of directories.
type dirMeta struct {
	mode     fs.FileMode
	named    bool // by an entry; the archive only implies the others
	uid, gid int
	mtime    time.Time
}

// remember books what the directory at path gets in the end.
func (x *extractor) remember(path string, m dirMeta) error {
	if _, known := x.meta[path]; !known {
		if x.names += len(path); x.names > maxDirNames {
			return &LimitError{What: "bytes of directory names", Limit: maxDirNames}
		}
	}
	x.meta[path] = m
	return nil
}

func newDirMeta(h *tar.Header) dirMeta {
	return dirMeta{mode: mode(h), named: true, uid: h.Uid, gid: h.Gid, mtime: mtime(h)}
}

// madeParent books a directory that the archive implies.
func (x *extractor) madeParent(path string) error {
	if err := x.count(); err != nil {
		return err
	}
	return x.remember(path, dirMeta{mode: 0o755})
}

// finishDirs goes from the leaves to the root, so that no directory is closed
// before those below it are done: a path sorts behind its parents.
func (x *extractor) finishDirs(ctx context.Context) error {
	paths := make([]string, 0, len(x.meta))
	for p := range x.meta {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range slices.Backward(paths) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.finishDir(p, x.meta[p]); err != nil {
			return entryError(p, err)
		}
	}
	return nil
}

func (x *extractor) finishDir(path string, m dirMeta) error {
	if path == "" {
		return x.setDir(place{x.tree.root, ".", "."}, m)
	}
	p, err := x.place(split(path), plain)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := p.dir.Lstat(p.base)
	if gone(err) || err == nil && !info.IsDir() {
		return nil // a later entry took its place
	}
	return x.setDir(p, m)
}

func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) }

// setDir works on a descriptor: to change a mode by name without following
// links takes Linux 6.6, or /proc.
func (x *extractor) setDir(p place, m dirMeta) error {
	f, err := p.dir.Open(p.base)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if !m.named {
		return f.Chmod(m.mode)
	}
	if err := x.own(p.path, m.uid, m.gid, f.Chown); err != nil {
		return err
	}
	if err := p.dir.Chtimes(p.base, m.mtime, m.mtime); err != nil {
		return err
	}
	return f.Chmod(m.mode)
}

// own gives an entry its owner, if owners are kept.
func (x *extractor) own(name string, uid, gid int, chown func(uid, gid int) error) error {
	if x.o.ChownMode != Apply {
		return nil
	}
	// -1, and its unsigned twin, tell chown(2) to change nothing.
	if !isID(uid) || !isID(gid) {
		return &OwnerError{name, uid, gid, syscall.EINVAL}
	}
	err := chown(uid, gid)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
		return &OwnerError{name, uid, gid, errno(err)}
	}
	return err
}

// errno leaves out the operation, which the caller names.
func errno(err error) error {
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return err
}

func isID(id int) bool { return id >= 0 && int64(id) < math.MaxUint32 }

// mode is the permissions of an entry with its setuid, setgid and sticky bits.
func mode(h *tar.Header) fs.FileMode {
	return h.FileInfo().Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
}

// mtime is clipped to what can be counted in nanoseconds of 64 bits.
func mtime(h *tar.Header) time.Time {
	if y := h.ModTime.Year(); y < 1700 || y > 2200 {
		return time.Unix(0, 0)
	}
	return h.ModTime
}
