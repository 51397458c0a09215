package untar

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
)

const (
	copyBlock = 256 << 10
	holeBlock = 4096
)

// file makes a regular file. Its owner comes before its mode, because a change
// of owner takes the setuid bits away, and its time comes last.
func (x *extractor) file(h *tar.Header, p place, content io.Reader) error {
	if h.Size > x.o.MaxBytes-x.stats.Bytes {
		return &LimitError{What: "bytes", Limit: x.o.MaxBytes}
	}
	x.stats.Bytes += h.Size

	var f *os.File
	err := p.replacing(func() (err error) {
		f, err = p.dir.OpenFile(p.base, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	err = x.fill(f, h, content)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return p.dir.Chtimes(p.base, mtime(h), mtime(h))
}

func (x *extractor) fill(f *os.File, h *tar.Header, content io.Reader) error {
	if h.Size > 0 {
		if err := x.copy(f, content, isSparse(h)); err != nil {
			return err
		}
	}
	if err := x.own(h.Name, h.Uid, h.Gid, f.Chown); err != nil {
		return err
	}
	if err := f.Chmod(mode(h)); err != nil {
		return err
	}
	x.setXattrs(f, h) // after the owner: security.capability would be lost
	return nil
}

// copy writes the contents. Where the archive has holes, so has the file.
func (x *extractor) copy(f *os.File, content io.Reader, sparse bool) error {
	if x.buf == nil {
		x.buf, x.zeros = make([]byte, copyBlock), make([]byte, holeBlock)
	}
	write := f.Write
	if sparse {
		write = func(p []byte) (int, error) { return x.writeAround(f, p) }
	}
	for {
		n, err := readFull(content, x.buf)
		if n > 0 {
			if _, werr := write(x.buf[:n]); werr != nil {
				return werr
			}
		}
		switch {
		case errors.Is(err, io.EOF) && sparse:
			return truncateHere(f)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return archiveError(err)
		}
	}
}

// writeAround writes p but leaves holes for its blocks of zeros.
func (x *extractor) writeAround(f *os.File, p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		b := p[:min(holeBlock, len(p))]
		var err error
		if bytes.Equal(b, x.zeros[:len(b)]) {
			_, err = f.Seek(int64(len(b)), io.SeekCurrent)
		} else {
			_, err = f.Write(b)
		}
		if err != nil {
			return written, err
		}
		written += len(b)
		p = p[len(b):]
	}
	return written, nil
}

// truncateHere gives a file that ends in a hole its length.
func truncateHere(f *os.File) error {
	end, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	return f.Truncate(end)
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
