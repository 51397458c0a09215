package userns

import (
	"errors"
	"io/fs"
	"os"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// wantsCopy reports whether an overlay that failed is done without.
func wantsCopy(op Op, err error) bool {
	var e *Error
	return op.Copy && errors.As(err, &e) && e.Needs == NeedsOverlay
}

// copied stands for an overlay over a directory of the host. In a container there is
// often none: the engine mounts single files below the directory, which may not be
// uncovered (mount_namespaces(7)), and an overlay's upper directory may not be on
// another overlay. What this user may not read is left out. A copy that is to stay
// appears in one step, beside what the overlay would have written.
func (b *builder) copied(op Op) (int, error) {
	if op.Upper == "" {
		fd, err := b.memory(sys.NoDev, 0o755, 0, 0)
		if err == nil {
			err = b.copyHost(op.Lower, fd)
		}
		return fd, err
	}
	whole := op.Upper + "-whole"
	if _, err := os.Lstat(whole); errors.Is(err, fs.ErrNotExist) {
		if err := atOnce(whole, func(_ string, to int) error { return b.copyHost(op.Lower, to) }); err != nil {
			return -1, need("copy", op.Lower, err, NeedsRootfs)
		}
	}
	return b.dirMount(whole)
}

// copyHost copies what may be read below a directory of the host.
func (b *builder) copyHost(path string, to int) error {
	from, err := b.hostPath(func() (int, error) { return sys.OpenPath(path) })
	if err != nil {
		return err
	}
	defer sys.Close(from)
	b.lenient = true
	defer func() { b.lenient = false }()
	_, err = b.copyInto(from, to, 0)
	return err
}
