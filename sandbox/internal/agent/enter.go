package agent

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// dirAtFault tells the two apart that a failed start can be: a program that may not
// be executed, or a working directory that the user may not enter. The kernel
// says EACCES to both.
func (p *prepared) dirAtFault(err error) bool {
	return err == syscall.EACCES && p.user.UID != 0 && !mayEnter(p.attr.Dir, p.user)
}

// mayEnter goes by the modes of dir and all above it (path_resolution(7)).
func mayEnter(dir string, u User) bool {
	for ; ; dir = filepath.Dir(dir) {
		st, err := os.Stat(dir)
		if err != nil || !searchable(st, u) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func searchable(st os.FileInfo, u User) bool {
	owner := statOf(st)
	mode := st.Mode().Perm()
	switch {
	case int(owner.Uid) == u.UID:
		return mode&0o100 != 0
	case int(owner.Gid) == u.GID || slices.Contains(u.Groups, int(owner.Gid)):
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}
