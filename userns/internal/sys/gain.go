package sys

import (
	"golang.org/x/sys/unix"
)

// HasNoNewPrivs reports whether an exec gains no rights, for good (PR_SET_NO_NEW_PRIVS(2const)).
func HasNoNewPrivs() bool {
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && set == 1
}

// CapSetFCap is the capability without which nobody maps root (user_namespaces(7)).
const CapSetFCap = unix.CAP_SETFCAP

// SetIDCaps are those by which any id may be mapped.
func SetIDCaps() []uint { return []uint{unix.CAP_SETUID, unix.CAP_SETGID} }

// HasCaps reports whether this thread has all of these capabilities in effect.
func HasCaps(caps ...uint) bool {
	var data [2]unix.CapUserData
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := retry("capget", "", func() error { return unix.Capget(&head, &data[0]) }); err != nil {
		return true // the kernel will tell
	}
	for _, c := range caps {
		if data[c/32].Effective&(1<<(c%32)) == 0 {
			return false
		}
	}
	return true
}

// SetsIDs reports whether a program may still gain the capabilities that newuidmap(1) works with.
func SetsIDs() bool {
	for _, c := range SetIDCaps() {
		if there, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0); err == nil && there == 0 {
			return false
		}
	}
	return true
}

// GainsRights reports whether the program at path has root's setuid bit or capabilities
// of its own, and is not on a file system where neither counts (execve(2)).
func GainsRights(path string) bool {
	var fs unix.Statfs_t
	if retry("statfs", path, func() error { return unix.Statfs(path, &fs) }) == nil && fs.Flags&unix.ST_NOSUID != 0 {
		return false
	}
	var st unix.Stat_t
	if err := retry("stat", path, func() error { return unix.Stat(path, &st) }); err != nil {
		return false
	}
	if st.Uid == 0 && st.Mode&unix.S_ISUID != 0 {
		return true
	}
	n, err := unix.Getxattr(path, "security.capability", nil)
	return err == nil && n > 0
}
