package untar

import (
	"archive/tar"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const paxXattr = "SCHILY.xattr."

// hasXattrs says whether there is anything for setXattrs to do.
func hasXattrs(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, paxXattr) {
			return true
		}
	}
	return false
}

// setXattrs applies the extended attributes that mean the same here as where
// the archive was made, as far as the kernel and the file system let it.
func (x *extractor) setXattrs(f *os.File, h *tar.Header) {
	for k, v := range h.PAXRecords {
		name, ok := strings.CutPrefix(k, paxXattr)
		if !ok {
			continue
		}
		if !allowedXattr(name) {
			x.stats.skip(h.Name, "attribute "+name)
			continue
		}
		if err := setXattr(f, name, v); err != nil {
			x.stats.skip(h.Name, "attribute "+name+": "+err.Error())
		}
	}
}

// allowedXattr refuses user.overlay.*: an overlay mounted with userxattr takes
// them in its lower layers for its own notes on what to hide and to redirect.
func allowedXattr(name string) bool {
	return name == "security.capability" ||
		strings.HasPrefix(name, "user.") && !strings.HasPrefix(name, "user.overlay.")
}

// setXattr goes through /proc because the standard library has no fsetxattr;
// the descriptor pins the file, so no name is looked up twice.
func setXattr(f *os.File, name, value string) error {
	path := "/proc/self/fd/" + strconv.FormatUint(uint64(f.Fd()), 10)
	for {
		err := syscall.Setxattr(path, name, []byte(value), 0)
		if err != syscall.EINTR {
			return err
		}
	}
}
