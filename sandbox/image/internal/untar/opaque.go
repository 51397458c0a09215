package untar

import (
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

func (x *extractor) hideBelowPlace(p place) error {
	if x.o.Whiteouts == Refuse {
		return nil
	}
	root, err := p.dir.OpenRoot(p.base)
	if err != nil {
		return err
	}
	dir := &directory{Root: root}
	defer dir.close()
	return x.hideBelow(dir, p.path)
}

// hideBelow makes a directory opaque.
func (x *extractor) hideBelow(d *directory, path string) error {
	fd, err := d.fd()
	if err != nil {
		return err
	}
	if err := x.bookName(x.opaque, path); err != nil {
		return err
	}
	return os.NewSyscallError("fsetxattr", ondisk.SetAttribute(fd, ondisk.Opaque, ondisk.OpaqueYes))
}

// dropWhiteouts removes those that hide nothing, because they are somewhere
// below an opaque directory. The kernel does not look for them there: a device
// would be in the list of names, an empty file even be there.
func (x *extractor) dropWhiteouts() error {
	for p := range x.hidden {
		if !x.belowOpaque(p) {
			continue
		}
		at, err := x.place(split(p), plain)
		if gone(err) {
			continue
		}
		if err != nil {
			return entryError(p, err)
		}
		info, err := at.dir.Lstat(at.base)
		if err == nil && x.isWhiteout(at, info) {
			err = at.dir.Remove(at.base)
		}
		if err != nil && !gone(err) {
			return entryError(p, err)
		}
	}
	return nil
}

func (x *extractor) belowOpaque(p string) bool {
	for p != "" {
		p = p[:max(0, strings.LastIndexByte(p, '/'))]
		if _, ok := x.opaque[p]; ok {
			return true
		}
	}
	return false
}
