package changes

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

const copyBlock = 256 << 10

// inode is a file, whatever its names.
type inode struct{ dev, ino uint64 }

// link is the entry under which a file was written, and how many others are to come.
type link struct {
	first tar.Header
	left  int64
}

// leaf writes what is no directory.
func (e *exporter) leaf(d directory, base string, info fs.FileInfo, st *syscall.Stat_t) error {
	path := d.path + base
	if info.Mode().Type() == fs.ModeSocket {
		e.stats.skip(path, "socket")
		return nil
	}
	if done, err := e.again(path, st); done || err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		return e.file(d, base, info, st)
	}
	h, _, err := e.header(path, info, -1)
	if err != nil {
		return err
	}
	switch info.Mode().Type() {
	case fs.ModeSymlink:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = d.root.Readlink(base); err != nil {
			return pathError(path, err)
		}
	case fs.ModeNamedPipe:
		h.Typeflag = tar.TypeFifo
	case fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice:
		h.Typeflag = tar.TypeBlock
		if info.Mode()&fs.ModeCharDevice != 0 {
			h.Typeflag = tar.TypeChar
		}
		h.Devmajor, h.Devminor = device(st.Rdev)
	default:
		e.stats.skip(path, "unknown type of file")
		return nil
	}
	e.book(h, st)
	return e.write(h)
}

// again writes a further name of a file that was written. It has the attributes
// of the first: some tools apply those of the last name.
func (e *exporter) again(path string, st *syscall.Stat_t) (bool, error) {
	id := inode{st.Dev, st.Ino}
	l, ok := e.links[id]
	if !ok {
		return false, nil
	}
	if l.left--; l.left == 0 {
		delete(e.links, id)
	} else {
		e.links[id] = l
	}
	h := l.first
	h.Typeflag, h.Name, h.Linkname, h.Size = tar.TypeLink, path, l.first.Name, 0
	return true, e.write(&h)
}

// book remembers a file that has other names.
func (e *exporter) book(h *tar.Header, st *syscall.Stat_t) {
	if n := int64(st.Nlink); n > 1 {
		e.links[inode{st.Dev, st.Ino}] = link{*h, n - 1}
	}
}

// file writes a regular file. It is opened before anything is said about it,
// and what is said is about what was opened.
func (e *exporter) file(d directory, base string, info fs.FileInfo, st *syscall.Stat_t) error {
	path := d.path + base
	f, err := d.root.OpenFile(base, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0) // a FIFO in its place must not make us wait
	if err != nil {
		return pathError(path, err)
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	now, err := f.Stat()
	if err != nil || !os.SameFile(now, info) {
		return pathError(path, errChanged)
	}
	h, notes, err := e.header(path, now, int(f.Fd()))
	if err != nil {
		return err
	}
	if !e.o.Whole && notes.metacopy {
		return &ElsewhereError{path, ondisk.Metacopy}
	}
	if d.marked && notes.whiteout && now.Size() == 0 {
		return e.whiteout(d, base)
	}
	e.book(h, st)
	h.Typeflag, h.Size = tar.TypeReg, now.Size()
	if err := e.write(h); err != nil {
		return err
	}
	return e.contents(path, f, h.Size)
}

// contents are as many bytes as were announced: holes are zeros, and what was
// added since is left out.
func (e *exporter) contents(path string, f *os.File, size int64) error {
	for left := size; left > 0; {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		n, err := f.Read(e.buf[:min(left, copyBlock)])
		if n > 0 {
			if _, err := e.tw.Write(e.buf[:n]); err != nil {
				return err
			}
			left -= int64(n)
			e.stats.Bytes += int64(n)
			continue
		}
		if errors.Is(err, io.EOF) {
			err = errChanged
		}
		if err != nil {
			return pathError(path, err)
		}
	}
	return nil
}

func (e *exporter) write(h *tar.Header) error {
	h.Format = tar.FormatPAX
	if e.o.Header != nil {
		e.o.Header(h)
	}
	if err := e.tw.WriteHeader(h); err != nil {
		return fmt.Errorf("entry %q: %w", h.Name, err)
	}
	e.stats.Entries++
	return nil
}

// device takes apart a device number as makedev(3) puts it together.
func device(rdev uint64) (major, minor int64) {
	return int64(rdev>>8&0xfff | rdev>>32&^0xfff), int64(rdev&0xff | rdev>>12&^0xff)
}
