package changes

import (
	"archive/tar"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// notes are what attributes say that do not travel.
type notes struct {
	opaque             string
	whiteout           bool
	redirect, metacopy bool
	owner              string
}

// header is that of an entry, but for its type. fd is the open file, or
// negative for one that cannot be opened and has no attributes.
func (e *exporter) header(name string, info fs.FileInfo, fd int) (*tar.Header, notes, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, notes{}, pathError(name, syscall.ENOTSUP)
	}
	h := &tar.Header{
		Name: name, Mode: int64(ondisk.UnixMode(info.Mode())), ModTime: e.time(info),
		Uid: int(st.Uid), Gid: int(st.Gid),
	}
	if e.o.Seen != nil {
		e.o.Seen(name, info)
	}
	if fd < 0 {
		return h, notes{}, nil
	}
	n, err := e.attributes(h, fd)
	if err != nil {
		return nil, n, pathError(name, err)
	}
	if e.o.Single {
		if uid, gid, ok := ondisk.ParseOwner(n.owner); ok {
			h.Uid, h.Gid = uid, gid
		}
	}
	return h, n, nil
}

func (e *exporter) time(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if !e.o.Epoch.IsZero() && t.After(e.o.Epoch) {
		return e.o.Epoch
	}
	return t
}

func zeroTime() time.Time { return time.Unix(0, 0) }

// attributes adds those that travel to the header and takes note of the others.
func (e *exporter) attributes(h *tar.Header, fd int) (n notes, err error) {
	names, err := ondisk.Attributes(fd, e.buf[:1024])
	if err != nil {
		return n, os.NewSyscallError("flistxattr", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "user.") && name != ondisk.Capability {
			continue // of this machine: its security modules, its access lists
		}
		value, ok, err := ondisk.Attribute(fd, name)
		switch {
		case err != nil:
			return n, os.NewSyscallError("fgetxattr", err)
		case !ok: // removed meanwhile
		case ondisk.Travels(name):
			e.attribute(h, name, value)
		default:
			n.take(name, value)
		}
	}
	return n, nil
}

func (n *notes) take(name, value string) {
	switch name {
	case ondisk.Opaque:
		n.opaque = value
	case ondisk.Whiteout:
		n.whiteout = true
	case ondisk.Redirect:
		n.redirect = true
	case ondisk.Metacopy:
		n.metacopy = true
	case ondisk.Owner:
		n.owner = value
	}
}

func (e *exporter) attribute(h *tar.Header, name, value string) {
	if name == ondisk.Capability {
		plain, root, ok := ondisk.PlainCapability([]byte(value))
		if !ok || root != 0 {
			e.stats.skip(h.Name, "attribute "+name+": not for the root of this user namespace")
			return
		}
		value = string(plain)
	}
	if strings.ContainsRune(name, '=') {
		e.stats.skip(h.Name, "attribute "+name+": no name for an archive")
		return
	}
	if h.PAXRecords == nil {
		h.PAXRecords = map[string]string{}
	}
	h.PAXRecords["SCHILY.xattr."+name] = value
}
