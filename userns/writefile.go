package userns

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// maxText bounds a file of an image that set-up reads.
const maxText = 4 << 20

var errNotRegular = errors.New("not a regular file")

// writeFile puts a small file in place of whatever has its name: an image may
// have a FIFO or a symbolic link there.
func (b *builder) writeFile(op Op) error {
	if op.Optional && !b.exists(path.Dir(op.Target)) {
		return nil
	}
	dir, name, err := b.parent(op.Target, op.Follow)
	if err != nil {
		return err
	}
	defer sys.Close(dir)
	if err := sys.Unlinkat(dir, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return need("replace", op.Target, err, NeedsTarget)
	}
	fd, err := sys.OpenIn(dir, name, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, op.Mode, sys.NoLinks)
	if err != nil {
		return need("write", op.Target, err, NeedsTarget)
	}
	f := os.NewFile(uintptr(fd), name)
	_, err = f.WriteString(op.Data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return need("write", op.Target, err, NeedsTarget)
	}
	if op.UID == 0 && op.GID == 0 {
		return nil
	}
	return b.own(dir, name, op.UID, op.GID)
}

// readText reads a small regular file inside; a missing one is empty. It never
// waits: a FIFO is refused.
func (b *builder) readText(name string) (string, error) {
	fd, err := sys.OpenIn(b.root, name, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0, sys.InRoot)
	if isMissing(err) {
		return "", nil
	}
	if err != nil {
		return "", need("read", name, err, NeedsRootfs)
	}
	f := os.NewFile(uintptr(fd), name)
	defer func() { _ = f.Close() }()
	st, err := sys.Fstat(fd)
	if err == nil && !st.IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return "", need("read", name, err, NeedsRootfs)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return "", need("read", name, err, NeedsRootfs)
	}
	return string(data), nil
}

// exists reports whether something has this name inside.
func (b *builder) exists(name string) bool {
	fd, err := sys.OpenIn(b.root, name, oPath, 0, sys.InRoot)
	if err != nil {
		return false
	}
	sys.Close(fd)
	return true
}
