package config

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// OwnerError: a configuration belongs neither to the caller nor to root. Whoever
// wrote it would decide what the caller's commands can reach.
type OwnerError struct {
	Path string
	UID  int
}

func (e *OwnerError) Error() string {
	return fmt.Sprintf("read %s: it belongs to user %d, neither to you nor to root", e.Path, e.UID)
}

// owner is who a file belongs to, and whether that is the caller or root.
func owner(info fs.FileInfo) (uid int, ok bool) {
	stat, isUnix := info.Sys().(*syscall.Stat_t)
	if !isUnix {
		return -1, false
	}
	uid = int(stat.Uid)
	return uid, uid == 0 || uid == os.Getuid()
}

// mine reports whether the path exists and belongs to the caller or root.
func mine(path string) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return false
	}
	_, ok := owner(info)
	return ok
}
