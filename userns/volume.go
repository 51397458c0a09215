package userns

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// maxNesting is how deep a directory may be that a volume is filled from: each
// level holds two descriptors.
const maxNesting = 200

var errTooDeep = errors.New("nested too deeply")

// volume shows a directory of the host that outlives the sandbox. Where it is
// not there yet it is made: as the directory of the image at Target, with what
// is in it, or else empty and UID's and GID's. It appears in one step, so that
// half of it is never taken for the whole. Who else might make it waits outside.
func (b *builder) volume(op Op) error {
	if err := b.makeVolume(op); err != nil {
		return need("make volume", op.Target, err, NeedsSource)
	}
	return b.bind(op)
}

func (b *builder) makeVolume(op Op) error {
	if _, err := os.Lstat(op.Source); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atOnce(op.Source, func(part string, to int) error {
		owner, err := b.fill(op, to)
		if err != nil {
			return err
		}
		if err := b.ownMapped(to, "", owner.UID, owner.GID); err != nil {
			return err
		}
		return os.Chmod(part, fs.FileMode(owner.Mode&0o777)|sticky(owner.Mode))
	})
}

// atOnce makes a directory that is not there until it is filled.
func atOnce(path string, fill func(part string, fd int) error) error {
	part := path + ".new"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.Mkdir(part, 0o755); err != nil {
		return err
	}
	fd, err := sys.OpenPath(part)
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	if err := fill(part, fd); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// sticky is the one of the special bits that a directory keeps.
func sticky(mode uint32) fs.FileMode {
	if mode&syscall.S_ISVTX != 0 {
		return fs.ModeSticky
	}
	return 0
}

// fill copies what the image has at the target, and answers whose the volume
// is: an empty directory of root's is nobody's in particular.
func (b *builder) fill(op Op, to int) (sys.Stat, error) {
	own := sys.Stat{Mode: 0o755, UID: op.UID, GID: op.GID}
	if op.Mode != 0 {
		own.Mode = op.Mode
	}
	if op.Optional {
		return own, nil
	}
	from, err := sys.OpenIn(b.root, op.Target, syscall.O_RDONLY|syscall.O_DIRECTORY, 0, resolve(op.Follow))
	if err != nil {
		return own, nil // nothing to copy; if something else is wrong, the mount will say so
	}
	defer sys.Close(from)
	st, err := sys.Fstat(from)
	if err != nil {
		return own, err
	}
	n, err := b.copyInto(from, to, 0)
	if err == nil && n == 0 && st.UID == 0 && st.GID == 0 {
		st = own
	}
	return st, err
}

// copyInto copies the entries of one directory to another and counts them. Both
// are named by descriptors and no link is followed, whoever may be at work on either.
func (b *builder) copyInto(from, to, depth int) (n int, err error) {
	if depth > maxNesting {
		return 0, errTooDeep
	}
	fd, err := sys.OpenIn(from, ".", syscall.O_RDONLY|syscall.O_DIRECTORY, 0, sys.NoLinks)
	if err != nil {
		return 0, err
	}
	dir := os.NewFile(uintptr(fd), "image")
	defer func() { _ = dir.Close() }()
	for {
		names, err := dir.Readdirnames(256)
		for _, name := range names {
			if err := b.copyEntry(from, to, name, depth); err != nil && (!b.lenient || !errors.Is(err, fs.ErrPermission)) {
				return n, err
			}
			n++
		}
		if err == io.EOF || err == nil && len(names) == 0 {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// copyEntry copies one entry with owner, mode and times. Devices and sockets mean nothing in a copy.
func (b *builder) copyEntry(from, to int, name string, depth int) error {
	at, err := sys.OpenIn(from, name, oPath|syscall.O_NOFOLLOW, 0, sys.NoLinks)
	if err != nil {
		return err
	}
	defer sys.Close(at)
	st, err := sys.Fstat(at)
	if err != nil {
		return err
	}
	kind := st.Mode & syscall.S_IFMT
	switch kind {
	case syscall.S_IFDIR:
		err = b.copySub(from, to, name, depth)
	case syscall.S_IFREG:
		err = copyContent(from, to, name)
	case syscall.S_IFLNK:
		err = copyLink(at, to, name)
	case syscall.S_IFIFO:
		err = sys.Mkfifoat(to, name, 0o600)
	default:
		return nil
	}
	if err == nil {
		err = b.ownMapped(to, name, st.UID, st.GID)
	}
	if err == nil && kind != syscall.S_IFLNK {
		err = sys.Chmodat(to, name, st.Mode&0o7777) // after the owner: changing that drops set-user-id
	}
	if err != nil {
		return err
	}
	return sys.CopyTimes(at, to, name)
}

func (b *builder) copySub(from, to int, name string, depth int) error {
	if err := sys.Mkdirat(to, name, 0o700); err != nil {
		return err
	}
	source, err := sys.OpenIn(from, name, oPath|syscall.O_DIRECTORY, 0, sys.NoLinks)
	if err != nil {
		return err
	}
	defer sys.Close(source)
	dest, err := sys.OpenIn(to, name, oPath|syscall.O_DIRECTORY, 0, sys.NoLinks)
	if err != nil {
		return err
	}
	defer sys.Close(dest)
	_, err = b.copyInto(source, dest, depth+1)
	return err
}

func copyContent(from, to int, name string) error {
	in, err := sys.OpenIn(from, name, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0, sys.NoLinks)
	if err != nil {
		return err
	}
	source := os.NewFile(uintptr(in), name)
	defer func() { _ = source.Close() }()
	out, err := sys.OpenIn(to, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, 0o600, sys.NoLinks)
	if err != nil {
		return err
	}
	dest := os.NewFile(uintptr(out), name)
	_, err = io.Copy(dest, source)
	return errors.Join(err, dest.Close())
}

func copyLink(link, to int, name string) error {
	text, err := sys.Readlink(link)
	if err != nil {
		return err
	}
	return sys.Symlinkat(text, to, name)
}

// ownMapped gives a file to an owner that there is here.
func (b *builder) ownMapped(dir int, name string, uid, gid int) error {
	if b.IDs.Single() {
		return nil
	}
	if _, ok := HostID(b.IDs.UIDs, uid); !ok {
		uid = -1
	}
	if _, ok := HostID(b.IDs.GIDs, gid); !ok {
		gid = -1
	}
	return sys.Chownat(dir, name, uid, gid)
}
