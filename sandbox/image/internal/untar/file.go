package untar

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

const (
	copyBlock = 256 << 10
	holeBlock = 4096
)

// file makes a regular file.
func (x *extractor) file(h *tar.Header, p place, content io.Reader) error {
	if h.Size > x.o.MaxBytes-x.stats.Bytes {
		return &LimitError{What: "bytes", Limit: x.o.MaxBytes}
	}
	x.stats.Bytes += h.Size

	// The final mode from the start saves a call, but what is written to loses
	// its setuid bits, and user.* attributes want a writable file.
	perm := uint32(0o600)
	if m := mode(h); !hasXattrs(h) && m&^fs.ModePerm == 0 {
		perm = uint32(m)
	}
	fd := -1
	err := p.replacing(func() (err error) {
		fd, err = p.dir.create(p.base, perm)
		return err
	})
	if err != nil {
		return err
	}
	err = x.fill(fd, h, content)
	if cerr := syscall.Close(fd); err == nil && cerr != syscall.EINTR { // which closes it too
		err = os.NewSyscallError("close", cerr)
	}
	return err
}

func (x *extractor) fill(fd int, h *tar.Header, content io.Reader) error {
	if h.Size > 0 {
		if err := x.copy(fd, content, isSparse(h)); err != nil {
			return err
		}
	}
	return x.finishFile(fd, h)
}

// finishFile gives a file what its entry says, in the order in which one does
// not undo another: a change of owner takes setuid bits and capabilities away.
// What is right already costs no call: a umask, a setgid directory or a default
// ACL may have had their say, or not.
func (x *extractor) finishFile(fd int, h *tar.Header) error {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if x.o.ChownMode != Apply || int64(h.Uid) != int64(st.Uid) || int64(h.Gid) != int64(st.Gid) {
		err := x.own(h.Name, h.Uid, h.Gid, fd, mode(h), func(uid, gid int) error { return syscall.Fchown(fd, uid, gid) })
		if err != nil {
			return err
		}
	}
	x.setXattrs(fd, h)
	if want := ondisk.UnixMode(mode(h)); want != st.Mode&0o7777 {
		if err := syscall.Fchmod(fd, want); err != nil {
			return os.NewSyscallError("fchmod", err)
		}
	}
	return os.NewSyscallError("futimens", ondisk.SetTime(fd, mtime(h)))
}

// copy writes the contents. Where the archive has holes, so has the file.
func (x *extractor) copy(fd int, content io.Reader, sparse bool) error {
	if x.buf == nil {
		x.buf = make([]byte, copyBlock)
	}
	write := writeAll
	if sparse {
		write = writeAround
	}
	for {
		n, err := readFull(content, x.buf)
		if n > 0 {
			if werr := write(fd, x.buf[:n]); werr != nil {
				return werr
			}
		}
		switch {
		case errors.Is(err, io.EOF) && sparse:
			return truncateHere(fd)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return archiveError(err)
		}
	}
}

// writeAround writes p but leaves holes for its blocks of zeros.
func writeAround(fd int, p []byte) error {
	zeros := make([]byte, holeBlock)
	for len(p) > 0 {
		b := p[:min(holeBlock, len(p))]
		var err error
		if bytes.Equal(b, zeros[:len(b)]) {
			_, err = syscall.Seek(fd, int64(len(b)), io.SeekCurrent)
		} else {
			err = writeAll(fd, b)
		}
		if err != nil {
			return err
		}
		p = p[len(b):]
	}
	return nil
}

// truncateHere gives a file that ends in a hole its length.
func truncateHere(fd int) error {
	end, err := syscall.Seek(fd, 0, io.SeekCurrent)
	if err != nil {
		return err
	}
	return os.NewSyscallError("ftruncate", syscall.Ftruncate(fd, end))
}

func isSparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}
