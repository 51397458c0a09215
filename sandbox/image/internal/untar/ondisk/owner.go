package ondisk

import (
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
)

// FormatOwner is the value of Owner for a file or a directory.
func FormatOwner(uid, gid int, mode fs.FileMode) string {
	kind := "file"
	if mode.IsDir() {
		kind = "dir"
	}
	return fmt.Sprintf("%d:%d:%04o:%s", uid, gid, UnixMode(mode), kind)
}

// ParseOwner takes the owner out of a value of Owner. The mode is left aside:
// every mode can be applied, and what changed it since changed the file's.
func ParseOwner(value string) (uid, gid int, ok bool) {
	part := strings.Split(value, ":")
	if len(part) != 3 && len(part) != 4 { // the kind was added later
		return 0, 0, false
	}
	if _, err := strconv.ParseUint(part[2], 8, 32); err != nil {
		return 0, 0, false
	}
	u, uerr := strconv.ParseUint(part[0], 10, 32)
	g, gerr := strconv.ParseUint(part[1], 10, 32)
	if uerr != nil || gerr != nil || !IsID(int(u)) || !IsID(int(g)) {
		return 0, 0, false
	}
	return int(u), int(g), true
}

// IsID says whether the kernel takes a number for a user or a group: -1, and
// its unsigned twin, tell chown(2) to change nothing.
func IsID(id int) bool { return id >= 0 && int64(id) < math.MaxUint32 }

// UnixMode is the mode as chmod(2) takes it.
func UnixMode(m fs.FileMode) uint32 {
	u := uint32(m.Perm())
	for _, bit := range []struct {
		mode fs.FileMode
		unix uint32
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if m&bit.mode != 0 {
			u |= bit.unix
		}
	}
	return u
}
