package userns

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// rebind binds a path inside over itself: what is a mount point can be neither
// renamed nor removed in this mount namespace (EBUSY), by whatever path; and the
// mount can be read-only where what holds it is not.
func (b *builder) rebind(op Op) error {
	at, err := sys.OpenIn(b.root, op.Target, oPath, 0, resolve(op.Follow))
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return need("protect", op.Target, err, NeedsTarget)
	}
	defer sys.Close(at)
	tree, err := sys.CloneTree(at, "", true)
	if err != nil {
		return need("protect", op.Target, err, NeedsMount)
	}
	defer sys.Close(tree)
	if op.Kind == OpReadOnly {
		if err := sys.SetAttr(tree, op.Target, sys.ReadOnly, true); err != nil {
			return need("make read-only", op.Target, err, NeedsMount)
		}
	}
	return sys.Attach(tree, at, op.Target)
}

// share shows what is at a path inside at another one, with what is mounted below it.
// A link in the way of an optional one, which an image has there, leaves that as it is.
func (b *builder) share(op Op) error {
	at, err := sys.OpenIn(b.root, op.Source, oPath, 0, sys.InRoot)
	if err != nil {
		return need("share", op.Source, err, NeedsTarget)
	}
	defer sys.Close(at)
	tree, err := sys.CloneTree(at, "", true)
	if err != nil {
		return need("share", op.Source, err, NeedsMount)
	}
	defer sys.Close(tree)
	st, err := sys.Fstat(tree)
	if err != nil {
		return err
	}
	target, err := b.target(op.Target, st.IsDir(), false)
	if err != nil {
		if op.Optional {
			return nil
		}
		return err
	}
	defer sys.Close(target)
	return sys.Attach(tree, target, op.Target)
}

// top makes one mount read-only, after others were made in it.
func (b *builder) top(op Op) error {
	at, err := sys.OpenIn(b.root, op.Target, oPath, 0, resolve(op.Follow))
	if err != nil {
		return need("make read-only", op.Target, err, NeedsTarget)
	}
	defer sys.Close(at)
	if err := sys.SetAttr(at, op.Target, sys.ReadOnly, false); err != nil {
		return need("make read-only", op.Target, err, NeedsMount)
	}
	return nil
}

// bindReal is bind for a path of the host that others may write to.
func (b *builder) bindReal(op Op) error {
	at, err := b.hostPath(func() (int, error) { return openReal(op.Source) })
	if op.Optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return need("bind", op.Source, err, NeedsSource)
	}
	defer sys.Close(at)
	tree, err := sys.CloneTree(at, "", true)
	if err != nil {
		return need("bind", op.Source, err, NeedsSource)
	}
	return b.attachTree(tree, op)
}

// openReal opens a path of the host that no symbolic link is to be in, not even at its end.
func openReal(path string) (int, error) {
	root, err := sys.OpenPath("/")
	if err != nil {
		return -1, err
	}
	defer sys.Close(root)
	fd, err := sys.OpenIn(root, path, oPath, 0, sys.NoLinks)
	if errors.Is(err, syscall.ELOOP) {
		err = errLink
	}
	return fd, err
}
