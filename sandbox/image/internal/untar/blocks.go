package untar

import (
	"hash"
	"io"
)

// blocks reads on other processors than the one that makes files: one
// decompresses, one takes the digest.
type blocks struct {
	full  <-chan block // closed after the block that carries the error
	empty chan []byte
	stop  chan struct{}
	cur   block
	rest  []byte
	ended bool
}

type block struct {
	data []byte
	err  error
}

// The blocks ride over a few thousand small files, while which the next big one
// is decompressed. No more of them are made than are needed.
const (
	blockCount = 64
	blockSize  = 256 << 10
)

func startBlocks(r io.Reader, digest hash.Hash) *blocks {
	read := make(chan block, blockCount)
	b := &blocks{full: read, empty: make(chan []byte, blockCount), stop: make(chan struct{})}
	go b.fill(r, read)
	if digest != nil {
		hashed := make(chan block, blockCount)
		b.full = hashed
		go func() {
			defer close(hashed)
			for d := range read {
				digest.Write(d.data)
				hashed <- d // never blocks: there are no more blocks than room
			}
		}()
	}
	return b
}

func (b *blocks) fill(r io.Reader, read chan<- block) {
	defer close(read)
	for made := 0; ; {
		buf := b.next(&made)
		if buf == nil {
			return
		}
		n, err := readFull(r, buf)
		read <- block{buf[:n], err} // never blocks, as above
		if err != nil {
			return
		}
	}
}

// next is a block to fill, nil when nobody wants one.
func (b *blocks) next(made *int) []byte {
	select {
	case <-b.stop:
		return nil
	case buf := <-b.empty:
		return buf
	default:
	}
	if *made < blockCount {
		*made++
		return make([]byte, blockSize)
	}
	select {
	case <-b.stop:
		return nil
	case buf := <-b.empty:
		return buf
	}
}

// readFull is io.ReadFull that hands on the error as it came.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

func (b *blocks) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.cur.err != nil {
			return 0, b.cur.err
		}
		if b.cur.data != nil {
			b.empty <- b.cur.data[:blockSize]
		}
		d, ok := <-b.full
		if !ok {
			return 0, io.ErrClosedPipe
		}
		b.cur, b.rest = d, d.data
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// close returns when the reader and the digest have been let go of.
func (b *blocks) close() {
	if b.ended {
		return
	}
	b.ended = true
	close(b.stop)
	for range b.full { // until it is closed
	}
}
