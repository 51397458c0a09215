package userns

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// proc mounts /proc of the new PID namespace. Where parts of the visible /proc
// are covered, as in most containers, the kernel refuses (EPERM); then the
// outer one is shown, which also shows the outer processes.
func (b *builder) proc() error {
	fd, err := sys.NewMount("proc", sys.NoSuid|sys.NoDev|sys.NoExec)
	if errors.Is(err, syscall.EPERM) {
		b.degraded = append(b.degraded, Degradation{
			"proc", "this machine covers parts of /proc; processes outside the sandbox are visible inside",
		})
		fd, err = outer("/proc", sys.NoSuid|sys.NoDev|sys.NoExec)
	}
	if err != nil {
		return need("mount proc", "/proc", err, NeedsProc)
	}
	defer sys.Close(fd)
	if b.AfterPID > 0 {
		afterPID(fd, b.AfterPID)
	}
	return b.attachKernel(fd, "/proc")
}

// afterPID has the kernel go on with the numbers after this one (proc_sys_kernel(5), ns_last_pid: that of
// the writer's PID namespace). It is there where processes can be restored from a file (CONFIG_CHECKPOINT_RESTORE).
func afterPID(proc, pid int) {
	fd, err := sys.OpenIn(proc, "sys/kernel/ns_last_pid", os.O_WRONLY, 0, sys.NoLinks)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(fd), "ns_last_pid")
	_, _ = f.WriteString(strconv.Itoa(pid)) // a number too high is refused
	_ = f.Close()
}

// sysfs belongs to the network namespace; without one of our own the outer one is shown.
func (b *builder) sysfs() error {
	attrs := sys.ReadOnly | sys.NoSuid | sys.NoDev | sys.NoExec
	var fd int
	var err error
	if !b.HostNetwork {
		fd, err = sys.NewMount("sysfs", attrs)
	}
	if b.HostNetwork || errors.Is(err, syscall.EPERM) {
		fd, err = outer("/sys", uint64(attrs))
	}
	if err != nil {
		return need("mount sysfs", "/sys", err, NeedsMount)
	}
	defer sys.Close(fd)
	return b.attachKernel(fd, "/sys")
}

func outer(path string, attrs uint64) (int, error) {
	fd, err := sys.CloneTree(sys.CWD, path, true)
	if err != nil {
		return -1, err
	}
	if err := sys.SetAttr(fd, path, attrs, true); err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// attachKernel mounts a file system of the kernel; its place must be a real
// directory, or an image could have it mounted somewhere else.
func (b *builder) attachKernel(mount int, path string) error {
	at, err := b.target(path, true, false)
	if err != nil {
		return err
	}
	defer sys.Close(at)
	return sys.Attach(mount, at, path)
}

// mask covers a file with /dev/null of the new root, a directory with an empty one.
func (b *builder) mask(path string) error {
	at, err := sys.OpenIn(b.root, path, oPath, 0, sys.NoLinks)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return need("mask", path, err, NeedsTarget)
	}
	defer sys.Close(at)
	st, err := sys.Fstat(at)
	if err != nil {
		return err
	}
	cover, err := b.cover(st.IsDir())
	if err != nil {
		return err
	}
	defer sys.Close(cover)
	if err := sys.Attach(cover, at, path); err != nil {
		return need("mask", path, err, NeedsMount)
	}
	return nil
}

// cover makes what a mask consists of. /dev/null is our own bind of the
// verified device, never what an image calls so.
func (b *builder) cover(dir bool) (int, error) {
	if dir {
		return b.memory(sys.ReadOnly|sys.NoSuid|sys.NoDev|sys.NoExec, 0o755, 0, 0)
	}
	null, err := sys.OpenIn(b.root, "/dev/null", oPath, 0, sys.NoLinks)
	if err != nil {
		return -1, err
	}
	defer sys.Close(null)
	st, err := sys.Fstat(null)
	if err != nil {
		return -1, err
	}
	if !st.IsDevice(1, 3) {
		return -1, need("mask", "/dev/null", errors.New("not the null device"), NeedsSource)
	}
	return sys.CloneTree(null, "", false)
}
