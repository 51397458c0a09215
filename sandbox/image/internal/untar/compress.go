package untar

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// maxWindow bounds what a decompressor remembers. It is what xz -9 wants; zstd
// wants 8 MiB up to level 19.
const maxWindow = 64 << 20

// compression tells by the first bytes of a file how it is compressed.
func compression(magic []byte) string {
	for _, m := range []struct{ name, magic string }{
		{"gzip", "\x1f\x8b"},
		{"zstd", "\x28\xb5\x2f\xfd"},
		{"zstd", "\x50\x2a\x4d\x18"}, // a frame to skip, with which some begin
		{"xz", "\xfd7zXZ\x00"},
		{"bzip2", "BZh"},
		{"lz4", "\x04\x22\x4d\x18"},
		{"lzip", "LZIP"},
		{"compress", "\x1f\x9d"},
	} {
		if bytes.HasPrefix(magic, []byte(m.magic)) {
			return m.name
		}
	}
	return ""
}

// decompress is r without its compression.
func decompress(r *bufio.Reader, name string) (dr io.Reader, release func(), err error) {
	nothing := func() {}
	switch name {
	case "":
		return r, nothing, nil
	case "gzip":
		z, err := gzip.NewReader(r)
		return z, nothing, err
	case "zstd":
		// One processor at a time: the others are busy, and it stops at once.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nothing, err
		}
		return z, z.Close, nil
	case "xz":
		z, err := xz.NewReader(r, maxWindow)
		return z, nothing, err
	case "bzip2":
		return bzip2.NewReader(r), nothing, nil
	}
	return nil, nothing, &CompressionError{Name: name}
}

// isPadding says whether an error behind the compressed part means that what
// follows is something else: a tape pads with zeros.
func isPadding(err error) bool {
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch)
}

// tooLarge says whether a decompressor was asked to remember too much.
func tooLarge(err error) bool {
	return errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, xz.ErrMemlimit)
}

// ratio ends the reading of what grows out of proportion.
type ratio struct {
	r       io.Reader
	arrived *counted
	out     int64
	max     int64
}

// freeOfRatio is how much may come of any few bytes.
const freeOfRatio = 64 << 20

func (r *ratio) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.out += int64(n)
	if r.out > freeOfRatio && r.out/r.max > r.arrived.n {
		return n, &LimitError{What: "times the bytes that arrived", Limit: r.max}
	}
	return n, err
}

// counted counts what was read, and tells the reader's errors from those of the
// decompressor that reads.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &ArchiveError{Why: "read archive", Err: err}
	}
	return n, err
}
