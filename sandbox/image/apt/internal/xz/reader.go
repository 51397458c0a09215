package xz

import (
	"bufio"
	"bytes"
	"hash"
	"io"
)

// Reader decompresses one or several streams, one after the other, and verifies
// the checks that are in them.
type Reader struct {
	in      *bufio.Reader
	maxDict int
	step    func() error // what comes next in the input
	err     error        // what ended it

	streams int
	check   byte // which check the stream's blocks have
	records []record
	header  int // bytes of the block's header
	size    int64
	sum     hash.Hash // nil: none
	block   lzma2
}

// record is what the index at the end of a stream repeats of a block.
type record struct{ unpadded, size int64 }

// NewReader reads r, and a little more of it than the streams have. A stream
// whose matches may go back more than maxDict bytes is refused.
func NewReader(r io.Reader, maxDict int) *Reader {
	x := &Reader{in: bufio.NewReaderSize(r, 64<<10), maxDict: maxDict}
	x.step = x.stream
	return x
}

func (x *Reader) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if n := copy(p, x.block.pending()); n > 0 {
			x.block.unread += n
			return n, nil
		}
		if !x.advance() {
			return 0, x.err
		}
	}
	return 0, nil
}

// WriteTo spares a copy of everything.
func (x *Reader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if b := x.block.pending(); len(b) > 0 {
			n, err := w.Write(b)
			x.block.unread += n
			total += int64(n)
			if err != nil {
				return total, err
			}
		}
		if !x.advance() {
			if x.err == io.EOF {
				return total, nil
			}
			return total, x.err
		}
	}
}

// advance takes one more step, of which bytes may come.
func (x *Reader) advance() bool {
	if x.err == nil {
		x.err = x.step()
	}
	return x.err == nil
}

// chunk decodes some of a block.
func (x *Reader) chunk() error {
	err := x.block.next()
	if err == io.EOF {
		return x.endBlock()
	}
	if err != nil {
		return err
	}
	b := x.block.pending()
	x.size += int64(len(b))
	if x.sum != nil {
		_, _ = x.sum.Write(b) // a hash takes everything
	}
	return nil
}

func (x *Reader) endBlock() error {
	unpadded := int64(x.header) + x.block.packed
	want := []byte(nil)
	if x.sum != nil {
		want = x.sum.Sum(nil)
	}
	x.records = append(x.records, record{unpadded + int64(len(want)), x.size})
	tail := make([]byte, -unpadded&3+int64(len(want)))
	if _, err := io.ReadFull(x.in, tail); err != nil {
		return unexpected(err)
	}
	padding, got := tail[:-unpadded&3], tail[-unpadded&3:]
	if len(bytes.Trim(padding, "\x00")) > 0 || !bytes.Equal(got, want) {
		return errCorrupt
	}
	x.step = x.blockHeader
	return nil
}
