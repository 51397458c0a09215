package userns

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// device is a node of the host that everybody may use. The numbers are the
// kernel's (admin-guide/devices); a node with others is not bound.
type device struct {
	name         string
	major, minor uint32
}

var devices = [...]device{
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
}

// dev makes a private /dev. Device nodes cannot be made in a user namespace
// (EPERM), so the host's harmless ones are bound.
func (b *builder) dev() error {
	fd, err := b.memory(sys.NoSuid|sys.NoExec, 0o755, 0, 0)
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	if err := b.attachAt(fd, Op{Kind: OpTmpfs, Target: "/dev"}); err != nil {
		return err
	}
	for _, d := range devices {
		if err := bindDevice(fd, d); err != nil {
			return err
		}
	}
	for _, l := range [...][2]string{
		{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"},
	} {
		if err := sys.Symlinkat(l[0], fd, l[1]); err != nil {
			return err
		}
	}
	return b.devMounts(fd)
}

func bindDevice(dev int, d device) error {
	src, err := sys.OpenPath("/dev/" + d.name)
	if err != nil {
		return err
	}
	defer sys.Close(src)
	st, err := sys.Fstat(src)
	if err != nil {
		return err
	}
	if !st.IsDevice(d.major, d.minor) {
		return need("bind", "/dev/"+d.name, fmt.Errorf("not the device %d:%d", d.major, d.minor), NeedsSource)
	}
	tree, err := sys.CloneTree(src, "", false)
	if err != nil {
		return need("bind", "/dev/"+d.name, err, NeedsMount)
	}
	defer sys.Close(tree)
	if err := sys.Mkfile(dev, d.name, 0o666); err != nil {
		return err
	}
	at, err := sys.OpenIn(dev, d.name, oPath, 0, sys.NoLinks)
	if err != nil {
		return err
	}
	defer sys.Close(at)
	return sys.Attach(tree, at, "/dev/"+d.name)
}

// devMounts mounts what belongs below /dev.
func (b *builder) devMounts(dev int) error {
	pts, err := b.devpts()
	if err != nil {
		return need("mount devpts", "/dev/pts", err, NeedsMount)
	}
	if err := mountBelow(dev, "pts", pts); err != nil {
		return err
	}
	shm, err := b.memory(sys.NoSuid|sys.NoDev, 0o1777, 0, 0)
	if err != nil {
		return err
	}
	if err := mountBelow(dev, "shm", shm); err != nil {
		return err
	}
	mqueue, err := sys.NewMount("mqueue", sys.NoSuid|sys.NoDev|sys.NoExec)
	if err != nil { // not in every kernel
		b.degraded = append(b.degraded, Degradation{"mqueue", err.Error()})
		return nil
	}
	return mountBelow(dev, "mqueue", mqueue)
}

// devpts of our own; the group tty (5) owns the terminals where it is mapped.
func (b *builder) devpts() (int, error) {
	params := []sys.Param{{Key: "newinstance"}, {Key: "ptmxmode", Value: "0666"}, {Key: "mode", Value: "620"}}
	if _, ok := HostID(b.IDs.GIDs, 5); ok && !b.IDs.Single() {
		params = append(params, sys.Param{Key: "gid", Value: "5"})
	}
	fd, err := sys.NewMount("devpts", sys.NoSuid|sys.NoExec, params...)
	if errors.Is(err, syscall.EINVAL) { // newinstance is gone from newer kernels: always so
		fd, err = sys.NewMount("devpts", sys.NoSuid|sys.NoExec, params[1:]...)
	}
	return fd, err
}

// mountBelow makes a directory in dir, mounts there and closes the mount.
func mountBelow(dir int, name string, mount int) error {
	defer sys.Close(mount)
	if err := sys.Mkdirat(dir, name, 0o755); err != nil {
		return err
	}
	at, err := sys.OpenIn(dir, name, oPath|syscall.O_DIRECTORY, 0, sys.NoLinks)
	if err != nil {
		return err
	}
	defer sys.Close(at)
	return sys.Attach(mount, at, name)
}
