package untar

import (
	"archive/tar"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// maxDirNames bounds the memory that the names of directories take until the
// archive ends: a million of them with a hundred characters each is a fifth of it.
const maxDirNames = 512 << 20

// dirMeta is what a directory gets when everything is in it: its mode may
// forbid to fill it, and filling it changes its time. It is kept small, because
// a hostile archive has millions of directories.
type dirMeta struct {
	mode     fs.FileMode
	implied  bool // by the archive, and nobody knows its owner
	uid, gid int
	mtime    time.Time
}

// remember books what the directory at path gets in the end.
func (x *extractor) remember(path string, m dirMeta) error {
	if _, known := x.meta[path]; !known {
		if err := x.countName(path); err != nil {
			return err
		}
	}
	x.meta[path] = m
	return nil
}

// bookName puts a path into a set until the end.
func (x *extractor) bookName(set map[string]struct{}, path string) error {
	if _, known := set[path]; known {
		return nil
	}
	set[path] = struct{}{}
	return x.countName(path)
}

func (x *extractor) countName(path string) error {
	if x.names += len(path); x.names > maxDirNames {
		return &LimitError{What: "bytes of directory names", Limit: maxDirNames}
	}
	return nil
}

func newDirMeta(h *tar.Header) dirMeta {
	return dirMeta{mode: mode(h), uid: h.Uid, gid: h.Gid, mtime: mtime(h)}
}

// madeParent books a directory that the archive implies.
func (x *extractor) madeParent(path string) error {
	if err := x.count(); err != nil {
		return err
	}
	if x.o.Lower != nil {
		if a, ok := x.o.Lower(path); ok {
			return x.remember(path, dirMeta{mode: a.Mode & modeBits, uid: a.UID, gid: a.GID, mtime: clipTime(a.ModTime)})
		}
	}
	return x.remember(path, dirMeta{mode: 0o755, implied: true})
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
		return x.setDir(place{x.tree.root, ".", ""}, m)
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
	if m.implied {
		x.stats.imply(p.path)
		return f.Chmod(m.mode)
	}
	fd := int(f.Fd())
	if err := x.own(p.path, m.uid, m.gid, fd, m.mode|fs.ModeDir, f.Chown); err != nil {
		return err
	}
	if err := ondisk.SetTime(fd, m.mtime); err != nil {
		return os.NewSyscallError("futimens", err)
	}
	return f.Chmod(m.mode)
}

const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// mode is the permissions of an entry with its setuid, setgid and sticky bits.
func mode(h *tar.Header) fs.FileMode { return h.FileInfo().Mode() & modeBits }

func mtime(h *tar.Header) time.Time { return clipTime(h.ModTime) }

// clipTime takes what cannot be counted in nanoseconds of 64 bits for none.
func clipTime(t time.Time) time.Time {
	if y := t.Year(); y < 1700 || y > 2200 {
		return time.Unix(0, 0)
	}
	return t
}
