package untar

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// own gives an entry its owner, or has it noted. fd is the open entry, or
// negative when it cannot be opened, and so not have an attribute either.
func (x *extractor) own(name string, uid, gid, fd int, m fs.FileMode, chown func(uid, gid int) error) error {
	if x.o.ChownMode != Apply {
		if fd >= 0 {
			x.noteOwner(name, uid, gid, fd, m)
		}
		return nil
	}
	if !ondisk.IsID(uid) || !ondisk.IsID(gid) {
		return &OwnerError{name, uid, gid, syscall.EINVAL}
	}
	err := chown(uid, gid)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
		return &OwnerError{name, uid, gid, errno(err)}
	}
	return err
}

// noteOwner writes down who would own an entry. Root's is the case without a
// note; a directory may have one of an earlier entry.
func (x *extractor) noteOwner(name string, uid, gid, fd int, m fs.FileMode) {
	var err error
	switch {
	case uid == 0 && gid == 0:
		if m.IsDir() {
			err = ondisk.RemoveAttribute(fd, ondisk.Owner)
		}
	case !ondisk.IsID(uid) || !ondisk.IsID(gid):
		err = syscall.EINVAL
	default:
		err = ondisk.SetAttribute(fd, ondisk.Owner, ondisk.FormatOwner(uid, gid, m))
	}
	if err != nil {
		x.stats.skip(name, "note of its owner: "+err.Error())
	}
}

// errno leaves out the operation, which the caller names.
func errno(err error) error {
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return err
}
