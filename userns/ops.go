package userns

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// do carries out one step inside the new root.
func (b *builder) do(op Op) error {
	switch op.Kind {
	case OpBind:
		return b.bind(op)
	case OpVolume:
		return b.volume(op)
	case OpFiles:
		return b.memoryFiles(op)
	case OpFile:
		return b.memoryFileAt(op)
	case OpTmpfs:
		return b.mountTmpfs(op)
	case OpOverlay:
		return b.mountOverlay(op)
	case OpRoot:
		return b.mountLayers(op)
	case OpShare:
		return b.share(op)
	case OpMkdir:
		return b.mkdir(op)
	case OpSymlink:
		return b.symlink(op)
	case OpWrite:
		return b.writeFile(op)
	case OpDev:
		return b.dev()
	case OpProc:
		return b.proc()
	case OpSys:
		return b.sysfs()
	case OpMask:
		return b.mask(op.Target)
	case OpReadOnly, OpPin:
		return b.rebind(op)
	case OpTop:
		return b.top(op)
	case OpReal:
		return b.bindReal(op)
	case OpBlock:
		return b.block(op)
	case OpStandard:
		return b.all(Standard())
	case OpUncovered:
		return b.all(uncovered())
	case OpDevice:
		return b.device(op)
	}
	return &Error{Op: "step " + op.Kind, Path: op.Target, Err: errors.New("unknown kind")}
}

func (b *builder) all(ops []Op) error {
	for _, op := range ops {
		if err := b.do(op); err != nil {
			return err
		}
	}
	return nil
}

// bind shows a file or directory of the host. What the host has mounted
// read-only, nosuid or nodev stays so; devices are never usable through it.
func (b *builder) bind(op Op) error {
	tree, err := b.hostTree(op.Source, true)
	if err != nil {
		if op.Optional && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return need("bind", op.Source, err, NeedsSource)
	}
	return b.attachTree(tree, op)
}

// attachTree mounts a detached copy of something of the host, which it closes.
func (b *builder) attachTree(tree int, op Op) error {
	defer sys.Close(tree)
	st, err := sys.Fstat(tree)
	if err != nil {
		return err
	}
	target, err := b.target(op.Target, st.IsDir(), op.Follow)
	if err != nil {
		return err
	}
	defer sys.Close(target)
	if err := setAttrs(tree, op); err != nil {
		return err
	}
	if err := sys.Attach(tree, target, op.Target); err != nil {
		return need("bind "+op.Source, op.Target, err, NeedsTarget)
	}
	return nil
}

// setAttrs restricts a bind before anyone can see it.
func setAttrs(tree int, op Op) error {
	if err := sys.SetAttr(tree, op.Source, op.attrs()|sys.NoDev, true); err != nil {
		return need("restrict bind", op.Source, err, NeedsMount)
	}
	return nil
}

func (op Op) attrs() uint64 {
	var a uint64
	if op.ReadOnly {
		a |= sys.ReadOnly
	}
	if op.NoSuid {
		a |= sys.NoSuid
	}
	if op.NoExec {
		a |= sys.NoExec
	}
	return a
}

func (b *builder) mountTmpfs(op Op) error {
	mode := op.Mode
	if mode == 0 {
		mode = 0o755
	}
	attrs := op.attrs() | sys.NoDev | sys.NoSuid
	var fd int
	var err error
	if op.Size > 0 {
		fd, err = tmpfs(int(attrs), mode, op.Size)
	} else {
		fd, err = b.memory(attrs, mode, op.UID, op.GID)
	}
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	return b.attachAt(fd, op)
}

func (b *builder) mountOverlay(op Op) error { return b.mountStack(op, []string{op.Lower}) }

// mountLayers mounts a root file system besides the sandbox's own.
func (b *builder) mountLayers(op Op) error { return b.mountStack(op, strings.Split(op.Lower, "\x00")) }

func (b *builder) mountStack(op Op, lower []string) error {
	fd, err := b.overlayMount(lower, op.Upper, op.Work)
	if wantsCopy(op, err) {
		b.degraded = append(b.degraded, Degradation{op.Target, "a copy: " + err.Error()})
		fd, err = b.copied(op)
	}
	if err != nil {
		return err
	}
	defer sys.Close(fd)
	if err := sys.SetAttr(fd, op.Target, op.attrs()|sys.NoDev, false); err != nil {
		return err
	}
	return b.attachAt(fd, op)
}

// attachAt mounts on a directory inside and gives the file system to the step's owner.
func (b *builder) attachAt(mount int, op Op) error {
	target, err := b.target(op.Target, true, op.Follow)
	if err != nil {
		return err
	}
	defer sys.Close(target)
	if err := sys.Attach(mount, target, op.Target); err != nil {
		return need("mount "+op.Kind, op.Target, err, NeedsTarget)
	}
	if op.UID == 0 && op.GID == 0 || b.IDs.Single() {
		return nil
	}
	return sys.Chownat(mount, "", op.UID, op.GID)
}

func (b *builder) mkdir(op Op) error {
	dir, name, err := b.parent(op.Target, op.Follow)
	if err != nil {
		return err
	}
	defer sys.Close(dir)
	switch err := sys.Mkdirat(dir, name, op.Mode); {
	case errors.Is(err, fs.ErrExist):
		return nil // whoever made it decided its owner and mode
	case err != nil:
		return need("make directory", op.Target, err, NeedsTarget)
	}
	if err := sys.Chmodat(dir, name, op.Mode); err != nil { // whatever the umask
		return err
	}
	return b.own(dir, name, op.UID, op.GID)
}

func (b *builder) symlink(op Op) error {
	dir, name, err := b.parent(op.Target, op.Follow)
	if err != nil {
		return err
	}
	defer sys.Close(dir)
	err = sys.Symlinkat(op.Source, dir, name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return need("make symbolic link", op.Target, err, NeedsTarget)
	}
	return nil
}

// own gives a new file to an owner; with one id there is only one.
func (b *builder) own(dir int, name string, uid, gid int) error {
	if b.IDs.Single() {
		return nil
	}
	return sys.Chownat(dir, name, uid, gid)
}

// isMissing reports that something need not be masked: it is not there.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
