package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// CWD stands for the working directory where a directory descriptor is taken.
const CWD = unix.AT_FDCWD

// Resolve says how OpenIn treats symbolic links. No mode leaves the root or
// goes through a magic link of /proc.
type Resolve uint64

const (
	// InRoot follows symbolic links as if the descriptor were the root.
	InRoot Resolve = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS
	// NoLinks refuses symbolic links (ELOOP).
	NoLinks Resolve = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_SYMLINKS
)

// OpenIn opens path below the directory root (openat2(2)).
func OpenIn(root int, path string, flags int, mode uint32, resolve Resolve) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags) | unix.O_CLOEXEC, Resolve: uint64(resolve)}
	if flags&unix.O_CREAT != 0 {
		how.Mode = uint64(mode)
	}
	return retryFD("open", path, func() (int, error) { return unix.Openat2(root, path, &how) })
}

// OpenPath opens path for use as a reference only (O_PATH); symbolic links are followed.
func OpenPath(path string) (int, error) {
	return retryFD("open", path, func() (int, error) { return unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0) })
}

// Mkdirat makes a directory; one that exists is fine if existing is.
func Mkdirat(dir int, name string, mode uint32) error {
	return retry("mkdir", name, func() error { return unix.Mkdirat(dir, name, mode) })
}

// Mkfile makes an empty regular file where nothing is.
func Mkfile(dir int, name string, mode uint32) error {
	return retry("create", name, func() error { return unix.Mknodat(dir, name, unix.S_IFREG|mode, 0) })
}

// Symlinkat makes a symbolic link.
func Symlinkat(target string, dir int, name string) error {
	return retry("symlink", name, func() error { return unix.Symlinkat(target, dir, name) })
}

// Chownat gives name, not followed, to an owner; an empty name is dir itself.
func Chownat(dir int, name string, uid, gid int) error {
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH
	return retry("chown", name, func() error { return unix.Fchownat(dir, name, uid, gid, flags) })
}

// Unlinkat removes a name that is not a directory.
func Unlinkat(dir int, name string) error {
	return retry("unlink", name, func() error { return unix.Unlinkat(dir, name, 0) })
}

// Chmodat sets the mode of name, which must not be a symbolic link of others' making.
func Chmodat(dir int, name string, mode uint32) error {
	return retry("chmod", name, func() error { return unix.Fchmodat(dir, name, mode, 0) })
}

// Stat is what set-up needs to know of a file.
type Stat struct {
	Mode     uint32
	UID, GID int
	Size     int64
	Rdev     uint64
	Dev, Ino uint64
}

// IsDir and IsRegular tell the kind.
func (s Stat) IsDir() bool     { return s.Mode&unix.S_IFMT == unix.S_IFDIR }
func (s Stat) IsRegular() bool { return s.Mode&unix.S_IFMT == unix.S_IFREG }

// IsNode reports whether the file is a device of any kind.
func (s Stat) IsNode() bool {
	return s.Mode&unix.S_IFMT == unix.S_IFCHR || s.Mode&unix.S_IFMT == unix.S_IFBLK
}

// IsDevice reports whether the file is the character device major:minor.
func (s Stat) IsDevice(major, minor uint32) bool {
	return s.Mode&unix.S_IFMT == unix.S_IFCHR && s.Rdev == unix.Mkdev(major, minor)
}

// Fstat stats an open descriptor.
func Fstat(fd int) (Stat, error) {
	var st unix.Stat_t
	err := retry("fstat", "", func() error { return unix.Fstat(fd, &st) })
	return Stat{st.Mode, int(st.Uid), int(st.Gid), st.Size, st.Rdev, st.Dev, st.Ino}, err
}

// Chdir makes the directory that fd is open on the working directory.
func Chdir(fd int) error {
	return retry("fchdir", "", func() error { return unix.Fchdir(fd) })
}

// Close closes a descriptor whose content was not written through it.
func Close(fd int) { _ = unix.Close(fd) }

// CloseOnExecFrom marks every descriptor from first on, so that nothing leaks into a command.
func CloseOnExecFrom(first uint) error {
	return retry("close_range", "", func() error {
		return unix.CloseRange(first, ^uint(0)>>32, unix.CLOSE_RANGE_CLOEXEC)
	})
}

// Mkfifoat makes a FIFO.
func Mkfifoat(dir int, name string, mode uint32) error {
	return retry("mkfifo", name, func() error { return unix.Mkfifoat(dir, name, mode) })
}

// Readlink gives the text of the symbolic link that fd is open on (O_PATH and O_NOFOLLOW).
func Readlink(fd int) (string, error) {
	b := make([]byte, unix.PathMax)
	var n int
	err := retry("readlink", "", func() (err error) {
		n, err = unix.Readlinkat(fd, "", b)
		return err
	})
	return string(b[:max(n, 0)]), err
}

// CopyTimes gives name, not followed, the time of change of what fd is open on.
func CopyTimes(fd, dir int, name string) error {
	var st unix.Stat_t
	if err := retry("fstat", "", func() error { return unix.Fstat(fd, &st) }); err != nil {
		return err
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, st.Mtim}
	return retry("utimensat", name, func() error {
		return unix.UtimesNanoAt(dir, name, times, unix.AT_SYMLINK_NOFOLLOW)
	})
}

// SetModTime sets the time of change of name, not followed; that of access stays.
func SetModTime(dir int, name string, t time.Time) error {
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(t.UnixNano())}
	return retry("utimensat", name, func() error {
		return unix.UtimesNanoAt(dir, name, times, unix.AT_SYMLINK_NOFOLLOW)
	})
}

// SyncFS is syncfs(2): since Linux 5.8 it tells of errors of writing, too.
func SyncFS(fd int) error {
	return retry("syncfs", "", func() error { return unix.Syncfs(fd) })
}
