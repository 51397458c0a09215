package userns

import (
	"errors"
	"io/fs"
	"path"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

const oPath = 0x200000 // O_PATH, the same on every architecture that we build for

// errNotMount: what stands at a mount target is of the other kind.
var (
	errWantDir  = errors.New("there is a file where a directory is needed")
	errWantFile = errors.New("there is a directory where a file is needed")
	errLink     = errors.New("a symbolic link is in the way")
)

// target opens the mount point at an absolute path inside, making it, and the
// directories above it, where they are missing.
func (b *builder) target(name string, dir, follow bool) (int, error) {
	name = path.Clean("/" + name) // as parent has it
	fd, err := sys.OpenIn(b.root, name, oPath, 0, resolve(follow))
	if errors.Is(err, fs.ErrNotExist) {
		if err := b.makeTarget(name, dir, follow); err != nil {
			return -1, err
		}
		fd, err = sys.OpenIn(b.root, name, oPath, 0, resolve(follow))
	}
	if err != nil {
		return -1, targetError(name, err)
	}
	st, err := sys.Fstat(fd)
	if err == nil && dir != st.IsDir() {
		err = errWantFile
		if dir {
			err = errWantDir
		}
	}
	if err != nil {
		sys.Close(fd)
		return -1, need("use mount target", name, err, NeedsTarget)
	}
	return fd, nil
}

func (b *builder) makeTarget(name string, dir, follow bool) error {
	at, base, err := b.parent(name, follow)
	if err != nil {
		return err
	}
	defer sys.Close(at)
	if dir {
		return b.childDir(at, base, name)
	}
	if err := sys.Mkfile(at, base, 0o644); err != nil && !errors.Is(err, fs.ErrExist) {
		return need("make mount target", name, err, NeedsTarget)
	}
	return b.ownAsParent(at, base)
}

// parent opens the directory above an absolute path inside, made where missing.
func (b *builder) parent(name string, follow bool) (dir int, base string, err error) {
	name = path.Clean("/" + name)
	base = path.Base(name)
	up := path.Dir(name)
	fd, err := sys.OpenIn(b.root, up, oPath|syscall.O_DIRECTORY, 0, resolve(follow))
	if err == nil {
		return fd, base, nil
	}
	if !errors.Is(err, fs.ErrNotExist) || up == "/" {
		return -1, "", targetError(up, err)
	}
	at, last, err := b.parent(up, follow)
	if err != nil {
		return -1, "", err
	}
	defer sys.Close(at)
	if err := b.childDir(at, last, up); err != nil {
		return -1, "", err
	}
	fd, err = sys.OpenIn(b.root, up, oPath|syscall.O_DIRECTORY, 0, resolve(follow))
	if err != nil {
		return -1, "", targetError(up, err)
	}
	return fd, base, nil
}

func (b *builder) childDir(at int, base, name string) error {
	if err := sys.Mkdirat(at, base, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) { // a dangling symbolic link
			err = errLink
		}
		return need("make directory", name, err, NeedsTarget)
	}
	return b.ownAsParent(at, base)
}

// ownAsParent gives what was made to whom the directory belongs, so that what
// appears in a user's home is the user's.
func (b *builder) ownAsParent(at int, base string) error {
	st, err := sys.Fstat(at)
	if err != nil || st.UID == 0 || b.IDs.Single() {
		return err
	}
	if _, mapped := HostID(b.IDs.UIDs, st.UID); !mapped {
		return nil
	}
	return b.own(at, base, st.UID, st.GID)
}

func resolve(follow bool) sys.Resolve {
	if follow {
		return sys.InRoot
	}
	return sys.NoLinks
}

func targetError(name string, err error) error {
	switch {
	case errors.Is(err, syscall.ELOOP):
		err = errLink
	case errors.Is(err, syscall.ENOTDIR):
		err = errWantDir
	}
	return need("use mount target", name, err, NeedsTarget)
}
