package sys

import (
	"golang.org/x/sys/unix"
)

// Mount attributes, as mount_setattr(2) and fsmount(2) take them.
const (
	ReadOnly = unix.MOUNT_ATTR_RDONLY
	NoSuid   = unix.MOUNT_ATTR_NOSUID
	NoDev    = unix.MOUNT_ATTR_NODEV
	NoExec   = unix.MOUNT_ATTR_NOEXEC
)

// CloneTree makes a detached copy of the mount at path, with the mounts below
// it if recursive. dirfd may be unix.AT_FDCWD; path may be empty to mean dirfd itself.
func CloneTree(dirfd int, path string, recursive bool) (int, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return retryFD("open_tree", path, func() (int, error) { return unix.OpenTree(dirfd, path, flags) })
}

// Attach puts the detached mount on the directory or file that target is open on.
func Attach(mount, target int, path string) error {
	return retry("move_mount", path, func() error {
		return unix.MoveMount(mount, "", target, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
	})
}

// SetAttr adds attributes to the mount that fd is the root of, and to those below it if recursive.
func SetAttr(fd int, path string, attrs uint64, recursive bool) error {
	flags := uint(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return retry("mount_setattr", path, func() error {
		return unix.MountSetattr(fd, "", flags, &unix.MountAttr{Attr_set: attrs})
	})
}

// HasSetAttr reports whether the kernel knows mount_setattr (5.12).
func HasSetAttr() bool {
	return unix.MountSetattr(-1, "", 0, &unix.MountAttr{}) != unix.ENOSYS
}

// Private stops every mount from passing events on to the namespace it was copied from.
func Private() error {
	return retry("mount", "/", func() error {
		return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	})
}

// Param is one option of a file system; an empty Value makes it a flag.
type Param struct{ Key, Value string }

// NewMount makes a detached mount of a new file system.
func NewMount(fstype string, attrs int, params ...Param) (int, error) {
	fs, err := retryFD("fsopen", fstype, func() (int, error) { return unix.Fsopen(fstype, unix.FSOPEN_CLOEXEC) })
	if err != nil {
		return -1, err
	}
	defer Close(fs)
	for _, p := range params {
		err := retry("fsconfig", fstype+" "+p.Key+"="+p.Value, func() error {
			if p.Value == "" {
				return unix.FsconfigSetFlag(fs, p.Key)
			}
			return unix.FsconfigSetString(fs, p.Key, p.Value)
		})
		if err != nil {
			return -1, err
		}
	}
	if err := retry("mount", fstype, func() error { return unix.FsconfigCreate(fs) }); err != nil {
		return -1, err
	}
	return retryFD("fsmount", fstype, func() (int, error) { return unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, attrs) })
}

// MountAt mounts a new file system by mount(2), with its options in one text of at most a page.
func MountAt(fstype, path, options string) error {
	return retry("mount "+fstype, path, func() error { return unix.Mount(fstype, path, fstype, 0, options) })
}

// Detach unmounts what is at path; who has it open keeps it.
func Detach(path string) error {
	return retry("umount", path, func() error { return unix.Unmount(path, unix.MNT_DETACH) })
}

// PivotHere makes the working directory the root, above which the old one then lies until
// DetachOldRoot. See pivot_root(2), "pivot_root(".", ".")".
func PivotHere() error {
	if err := retry("pivot_root", ".", func() error { return unix.PivotRoot(".", ".") }); err != nil {
		return err
	}
	return retry("chdir", "/", func() error { return unix.Chdir("/") })
}

// DetachOldRoot takes away what lies above the root. The kernel lets every processor pass a
// quiescent state before it returns, a twentieth of a whole start.
func DetachOldRoot() error {
	return retry("umount", "old root", func() error { return unix.Unmount("/", unix.MNT_DETACH) })
}

// IsReadOnly reports whether the mount that holds path is read-only.
func IsReadOnly(path string) (bool, error) {
	var st unix.Statfs_t
	err := retry("statfs", path, func() error { return unix.Statfs(path, &st) })
	return st.Flags&unix.ST_RDONLY != 0, err
}

// MountID is the id of the mount that holds path; symbolic links are not followed.
func MountID(path string) (uint64, error) {
	var st unix.Statx_t
	err := retry("statx", path, func() error {
		return unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_MNT_ID, &st)
	})
	return st.Mnt_id, err
}
