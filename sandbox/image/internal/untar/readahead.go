package untar

import "io"

// readAhead decompresses on a second processor while the first makes files.
type readAhead struct {
	full  chan block // closed after the block that carries the error
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

// Four blocks are enough to ride over the creation of a few hundred small files.
const (
	aheadBlocks = 4
	aheadSize   = 256 << 10
)

func startReadAhead(r io.Reader) *readAhead {
	a := &readAhead{
		full:  make(chan block, aheadBlocks),
		empty: make(chan []byte, aheadBlocks),
		stop:  make(chan struct{}),
	}
	for range aheadBlocks {
		a.empty <- make([]byte, aheadSize)
	}
	go a.fill(r)
	return a
}

func (a *readAhead) fill(r io.Reader) {
	defer close(a.full)
	for {
		select {
		case <-a.stop:
			return
		case buf := <-a.empty:
			n, err := readFull(r, buf)
			a.full <- block{buf[:n], err} // never blocks: there are no more blocks than room
			if err != nil {
				return
			}
		}
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

func (a *readAhead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.cur.err != nil {
			return 0, a.cur.err
		}
		if a.cur.data != nil {
			a.empty <- a.cur.data[:aheadSize]
		}
		b, ok := <-a.full
		if !ok {
			return 0, io.ErrClosedPipe
		}
		a.cur, a.rest = b, b.data
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// close returns when the goroutine has let go of the reader.
func (a *readAhead) close() {
	if a.ended {
		return
	}
	a.ended = true
	close(a.stop)
	for range a.full { // until fill closes it
	}
}
