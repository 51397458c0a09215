package userns

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// overlayRoot mounts the layers of the root. A layer that somebody else owns,
// the real root say, shows its directories as nobody's, and nothing could be
// made in them, not even the user's entry in /etc. So the top directories are
// made in the writable layer beforehand: there the two merge under our owner.
func (b *builder) overlayRoot(r *Root) (int, error) {
	upper, work := r.Upper, r.Work
	if upper == "" {
		var err error
		if upper, work, err = b.memoryLayer(); err != nil {
			return -1, err
		}
	}
	if lower := r.Lower[0]; b.foreign(lower) {
		if err := ensureDir(upper); err != nil {
			return -1, err
		}
		if err := b.adopt(lower, upper); err != nil {
			return -1, err
		}
	}
	return b.overlayMount(r.Lower, upper, work)
}

// foreign reports whether the owner of a directory, user or group, is not
// mapped: then no capability helps with it (user_namespaces(7)).
func (b *builder) foreign(dir string) bool {
	st, err := os.Lstat(dir)
	if err != nil {
		return false // the mount will say so
	}
	sysStat, ok := st.Sys().(*syscall.Stat_t)
	return ok && (sysStat.Uid == overflowID || sysStat.Gid == overflowID)
}

// overflowID stands for every id that is not mapped (proc_sys_kernel(5), overflowuid).
const overflowID = 65534

func (b *builder) adopt(lower, upper string) error {
	entries, err := os.ReadDir(lower)
	if err != nil {
		return need("read", lower, err, NeedsRootfs)
	}
	up, err := sys.OpenPath(upper)
	if err != nil {
		return err
	}
	defer sys.Close(up)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !b.foreign(filepath.Join(lower, e.Name())) {
			continue
		}
		mode := uint32(info.Mode().Perm())
		if info.Mode()&os.ModeSticky != 0 {
			mode |= syscall.S_ISVTX
		}
		if sys.Mkdirat(up, e.Name(), mode) != nil {
			continue // made by an earlier start
		}
		if err := sys.Chmodat(up, e.Name(), mode); err != nil {
			return err
		}
	}
	return nil
}
