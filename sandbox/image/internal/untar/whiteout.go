package untar

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// A layer's marks speak of the layers below only, wherever among its entries
// they stand (layer.md of the OCI image specification, "Whiteouts"): what the
// layer itself has at that name stays. So a directory that is hidden and there
// too, or that took the place of anything else, is one that hides what is below.

// mark does what an entry says that is a whiteout of parts, or of all that is
// in the directory parts.
func (x *extractor) mark(parts []string, m mark) error {
	if m == opaque {
		dir, path, err := x.tree.parent(parts, create)
		if err != nil {
			return err
		}
		if path == "" {
			x.stats.OpaqueRoot = true
		}
		return x.hideBelow(dir, path)
	}
	p, err := x.place(parts, create)
	if err != nil {
		return err
	}
	info, err := p.dir.Lstat(p.base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return x.hide(p)
	case err != nil:
		return err
	case info.IsDir():
		return x.hideBelowPlace(p)
	}
	return nil
}

// hide makes a whiteout where nothing is.
func (x *extractor) hide(p place) error {
	if err := x.bookName(x.hidden, p.path); err != nil {
		return err
	}
	if !x.noDevices {
		err := p.dir.mknod(p.base, syscall.S_IFCHR)
		if !refused(err) {
			return err
		}
		x.noDevices = true
	}
	return x.hideByAttribute(p)
}

// refused says whether the kernel, a filter of system calls or the file system
// makes no devices here, not even the one that Linux 5.8 allows everybody.
func refused(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS)
}

// hideByAttribute makes the other form of a whiteout, which the kernel only
// looks for in directories that say so.
func (x *extractor) hideByAttribute(p place) error {
	dir, err := p.dir.fd()
	if err != nil {
		return err
	}
	above, _, err := ondisk.Attribute(dir, ondisk.Opaque)
	if err != nil {
		return err
	}
	fd, err := p.dir.create(p.base, 0o600)
	if err != nil {
		return err
	}
	err = os.NewSyscallError("fsetxattr", ondisk.SetAttribute(fd, ondisk.Whiteout, ondisk.OpaqueYes))
	if cerr := syscall.Close(fd); err == nil {
		err = os.NewSyscallError("close", cerr)
	}
	if err != nil || above != "" {
		return err
	}
	return os.NewSyscallError("fsetxattr", ondisk.SetAttribute(dir, ondisk.Opaque, ondisk.OpaqueMarked))
}

// isWhiteout says whether what is at p only stands for what is not there.
func (x *extractor) isWhiteout(p place, info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case x.o.Whiteouts == Refuse || !ok:
		return false
	case info.Mode()&fs.ModeCharDevice != 0:
		return st.Rdev == 0
	case !x.noDevices || !info.Mode().IsRegular() || info.Size() > 0:
		return false
	}
	f, err := p.dir.Open(p.base)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	_, found, err := ondisk.Attribute(int(f.Fd()), ondisk.Whiteout)
	return found && err == nil
}
