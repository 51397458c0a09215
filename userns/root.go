package userns

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// makeRoot covers the staging directory with a scratch file system in memory
// and mounts the new root in it, at a directory that nobody inside ever sees.
func (b *builder) makeRoot() error {
	if err := b.makeScratch(); err != nil {
		return err
	}
	r := b.Root
	var mount int
	var err error
	switch r.Kind {
	case RootTmpfs:
		mount, err = b.dirMount(b.scratch("root"))
	case RootDir:
		mount, err = b.dirMount(r.Upper)
	case RootOverlay:
		mount, err = b.overlayRoot(r)
	case RootFuse:
		return b.fuseRoot(r)
	}
	if err != nil {
		return err
	}
	defer sys.Close(mount)
	b.root, err = attach(mount, b.scratch("root"))
	return err
}

func (b *builder) makeScratch() error {
	fd, err := tmpfs(sys.NoDev, 0o755, 0)
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	top, err := attach(fd, b.Staging)
	if err != nil {
		return err
	}
	defer sys.Close(top)
	return sys.Mkdirat(top, "root", 0o755)
}

// scratch is the path of a directory of the scratch file system.
func (b *builder) scratch(name string) string { return b.Staging + "/" + name }

// attach mounts on a directory and opens what is there then.
func attach(mount int, path string) (int, error) {
	at, err := sys.OpenPath(path)
	if err != nil {
		return -1, err
	}
	defer sys.Close(at)
	if err := sys.Attach(mount, at, path); err != nil {
		return -1, need("mount", path, err, NeedsMount)
	}
	return sys.OpenPath(path)
}

// tmpfs makes a file system in memory, of a mode and a size in bytes; 0 leaves the kernel's half of memory.
func tmpfs(attrs int, mode uint32, size int64) (int, error) {
	params := []sys.Param{{Key: "mode", Value: strconv.FormatUint(uint64(mode), 8)}}
	if size > 0 {
		params = append(params, sys.Param{Key: "size", Value: strconv.FormatInt(size, 10)})
	}
	fd, err := sys.NewMount("tmpfs", attrs, params...)
	if err != nil {
		return -1, need("mount", "tmpfs", err, NeedsMount)
	}
	return fd, nil
}

// dirMount makes the directory if it is not there: its owner is to be the namespace's root.
func (b *builder) dirMount(dir string) (int, error) {
	if err := ensureDir(dir); err != nil {
		return -1, err
	}
	fd, err := b.hostTree(dir, false)
	if err != nil {
		return -1, need("bind", dir, err, NeedsRootfs)
	}
	if err := sys.SetAttr(fd, dir, sys.NoDev, false); err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// overlayMount makes a detached overlay. The directories are named by
// descriptor, so that no character in a path can be taken for a separator, and
// no path is too long. With upper empty the writable layer is in memory.
func (b *builder) overlayMount(lower []string, upper, work string) (int, error) {
	var held []int
	defer func() {
		for _, fd := range held {
			sys.Close(fd)
		}
	}()
	open := func(path string) (string, error) {
		fd, err := b.hostPath(func() (int, error) { return sys.OpenPath(path) })
		if err != nil {
			return "", need("open", path, err, NeedsRootfs)
		}
		held = append(held, fd)
		return fdPath(fd), nil
	}
	if upper == "" {
		var err error
		if upper, work, err = b.memoryLayer(); err != nil {
			return -1, err
		}
	}
	for _, dir := range []string{upper, work} {
		if err := ensureDir(dir); err != nil {
			return -1, err
		}
	}
	stack := make([]string, 0, len(lower))
	for _, l := range lower {
		p, err := open(l)
		if err != nil {
			return -1, err
		}
		stack = append(stack, p)
	}
	up, err := open(upper)
	if err != nil {
		return -1, err
	}
	wk, err := open(work)
	if err != nil {
		return -1, err
	}
	fd, err := b.stackOverlay(stack, up, wk)
	if err != nil {
		return -1, need("mount overlay", lower[0], err, NeedsOverlay)
	}
	return fd, nil
}

// maxValue is the longest text that fsconfig(2) takes; strndup_user counts its end.
const maxValue = 255

// stackOverlay names any number of layers to the kernel. Few fit in one text.
// More are told one by one, from Linux 6.7 on; before that mount(2) takes a page of them.
func (b *builder) stackOverlay(stack []string, upper, work string) (int, error) {
	rest := []sys.Param{{Key: "upperdir", Value: upper}, {Key: "workdir", Value: work}, {Key: "userxattr"}}
	all := strings.Join(stack, ":")
	if len(all) <= maxValue {
		return sys.NewMount("overlay", 0, append([]sys.Param{{Key: "lowerdir", Value: all}}, rest...)...)
	}
	params := make([]sys.Param, 0, len(stack)+len(rest))
	for _, layer := range stack {
		params = append(params, sys.Param{Key: "lowerdir+", Value: layer})
	}
	fd, err := sys.NewMount("overlay", 0, append(params, rest...)...)
	if !errors.Is(err, syscall.EINVAL) {
		return fd, err
	}
	return b.oldOverlay("userxattr,upperdir=" + upper + ",workdir=" + work + ",lowerdir=" + all)
}

// oldOverlay mounts by mount(2), in the scratch file system, and takes a detached copy.
func (b *builder) oldOverlay(options string) (int, error) {
	at := b.scratch("overlay" + strconv.Itoa(b.layers))
	b.layers++
	if err := sys.Mkdirat(sys.CWD, at, 0o755); err != nil {
		return -1, err
	}
	if err := sys.MountAt("overlay", at, options); err != nil {
		return -1, err
	}
	fd, err := sys.CloneTree(sys.CWD, at, false)
	return fd, errors.Join(err, sys.Detach(at))
}

func ensureDir(dir string) error {
	if err := sys.Mkdirat(sys.CWD, dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return need("make", dir, err, NeedsRootfs)
	}
	return nil
}

func fdPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// memory makes an empty directory in the scratch file system and gives a
// detached mount of it. One file system in memory serves them all: each of its
// own would cost time at both ends of a sandbox, and half of the memory each.
func (b *builder) memory(attrs uint64, mode uint32, uid, gid int) (int, error) {
	top, err := sys.OpenPath(b.Staging)
	if err != nil {
		return -1, err
	}
	defer sys.Close(top)
	name := "dir" + strconv.Itoa(b.layers)
	b.layers++
	if err := sys.Mkdirat(top, name, 0o700); err != nil {
		return -1, err
	}
	if err := sys.Chmodat(top, name, mode); err != nil {
		return -1, err
	}
	if err := b.own(top, name, uid, gid); err != nil {
		return -1, err
	}
	fd, err := sys.CloneTree(top, name, false)
	if err != nil {
		return -1, need("bind", name, err, NeedsMount)
	}
	if err := sys.SetAttr(fd, name, attrs, false); err != nil {
		sys.Close(fd)
		return -1, need("bind", name, err, NeedsMount)
	}
	return fd, nil
}

// memoryLayer makes an upper and a work directory in the scratch file system.
func (b *builder) memoryLayer() (upper, work string, err error) {
	top, err := sys.OpenPath(b.Staging)
	if err != nil {
		return "", "", err
	}
	defer sys.Close(top)
	n := strconv.Itoa(b.layers)
	b.layers++
	for _, name := range []string{"upper" + n, "work" + n} {
		if err := sys.Mkdirat(top, name, 0o755); err != nil {
			return "", "", err
		}
	}
	return b.scratch("upper" + n), b.scratch("work" + n), nil
}
