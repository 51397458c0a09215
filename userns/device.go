package userns

import (
	"errors"
	"io/fs"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

var errNotDevice = errors.New("not a device")

// device shows a device of the host, and nothing else: what a link leads to, or a
// file of that name, is refused. The mode and the owner that it has outside count.
func (b *builder) device(op Op) error {
	src, err := openReal(op.Source)
	if op.Optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return need("show device", op.Source, err, NeedsSource)
	}
	defer sys.Close(src)
	st, err := sys.Fstat(src)
	if err == nil && !st.IsNode() {
		err = errNotDevice
	}
	if err != nil {
		return need("show device", op.Source, err, NeedsSource)
	}
	tree, err := sys.CloneTree(src, "", false)
	if err != nil {
		return need("show device", op.Source, err, NeedsMount)
	}
	defer sys.Close(tree)
	if err := sys.SetAttr(tree, op.Source, sys.NoSuid|sys.NoExec, false); err != nil {
		return need("show device", op.Source, err, NeedsMount)
	}
	target, err := b.target(op.Target, false, false)
	if err != nil {
		return err
	}
	defer sys.Close(target)
	if err := sys.Attach(tree, target, op.Target); err != nil {
		return need("show device", op.Target, err, NeedsTarget)
	}
	return nil
}
