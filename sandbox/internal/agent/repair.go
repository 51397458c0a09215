package agent

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// unmapped is how an id that the namespace does not know shows (overflowuid in proc_sys_kernel(5)).
const unmapped = 65534

// repairAfter gives files of the project that a command of another user made
// back to the sandbox's user, who is the caller outside: what root makes inside
// belongs to a subordinate id outside, and the caller could not even delete it.
func (a *agent) repairAfter(p *prepared) int {
	if a.config.Workspace == "" || a.config.Single {
		return 0
	}
	// The sandbox's own user makes files of its own. Where that is root it might
	// give them away, which is looked for when somebody says that this is root's work;
	// where it is not it may have become root by sudo.
	same := p.user.UID == a.config.User.UID
	if same && (p.user.UID == 0 && !p.asked || p.user.UID != 0 && !p.elevates) {
		return 0
	}
	n := repair(a.config.Workspace, a.config.User.UID, a.config.User.GID)
	if a.config.Repository != "" {
		n += repair(a.config.Repository, a.config.User.UID, a.config.User.GID)
	}
	return n
}

// elevates reports commands that may do root's work as somebody else: by what makes root
// of the user, where the image has that. A walk over the project is not for each command.
func elevates(c spec.Command) bool {
	there := slices.ContainsFunc([]string{"/usr/bin/sudo", "/usr/bin/doas", "/bin/doas"}, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
	return there && (c.Hook || c.Login || slices.ContainsFunc(c.Args, func(arg string) bool {
		return strings.Contains(arg, "sudo") || strings.Contains(arg, "doas")
	}))
}

// repair stays on the file system of root and counts what it changed. What
// vanishes meanwhile is somebody else's work in progress.
func repair(root string, uid, gid int) int {
	top, err := os.Lstat(root)
	if err != nil {
		return 0
	}
	device := statOf(top).Dev
	count := 0
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return skip(d)
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		st := statOf(info)
		if st.Dev != device {
			return skip(d)
		}
		owned := func(id, want int) bool { return id == want || id == unmapped }
		if owned(int(st.Uid), uid) && owned(int(st.Gid), gid) {
			return nil
		}
		if os.Lchown(path, uid, gid) == nil {
			count++
		}
		return nil
	})
	return count
}

func skip(d fs.DirEntry) error {
	if d != nil && d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func statOf(info fs.FileInfo) *syscall.Stat_t {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &syscall.Stat_t{}
	}
	return st
}
