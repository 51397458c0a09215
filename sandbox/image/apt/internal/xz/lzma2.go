package xz

import (
	"bufio"
	"encoding/binary"
	"io"
)

// lzma2 reads the chunks of one block.
type lzma2 struct {
	in         *bufio.Reader
	packed     int64 // bytes read of in
	d          *decoder
	needDict   bool
	needProps  bool
	needState  bool
	unread     int // in d.win: from here on nobody had it yet
	inputSpace *[maxChunk + chunkRoom]byte
}

func (l *lzma2) reset(in *bufio.Reader, dict int) {
	if l.d == nil {
		l.d = &decoder{}
		l.inputSpace = new([maxChunk + chunkRoom]byte)
		l.d.rc.in = l.inputSpace
	}
	l.in, l.packed = in, 0
	l.needDict, l.needProps, l.needState = true, true, true
	l.d.win, l.d.start, l.d.dict, l.unread = l.d.win[:0], 0, dict, 0
}

// pending is what was decoded and not yet read.
func (l *lzma2) pending() []byte {
	if l.d == nil {
		return nil
	}
	return l.d.win[l.unread:]
}

// next decodes one chunk, when all of the one before was read. io.EOF: there are no more.
func (l *lzma2) next() error {
	control, err := l.readByte()
	switch {
	case err != nil:
		return err
	case control == 0:
		return io.EOF
	case control == 1 || control >= 0xe0:
		l.d.total, l.d.start = 0, len(l.d.win)
		l.needDict, l.needProps = false, true
	case l.needDict:
		return errCorrupt
	}
	if control >= 0x80 {
		return l.compressed(control)
	}
	if control > 2 {
		return errCorrupt
	}
	return l.stored()
}

func (l *lzma2) readByte() (byte, error) {
	b, err := l.in.ReadByte()
	if err != nil {
		return 0, unexpected(err)
	}
	l.packed++
	return b, nil
}

func (l *lzma2) readFull(b []byte) error {
	n, err := io.ReadFull(l.in, b)
	l.packed += int64(n)
	return unexpected(err)
}

// stored copies a chunk that is not compressed.
func (l *lzma2) stored() error {
	var h [2]byte
	if err := l.readFull(h[:]); err != nil {
		return err
	}
	size := int(binary.BigEndian.Uint16(h[:])) + 1
	n := l.room(size)
	if err := l.readFull(l.d.win[n : n+size : n+size][:size]); err != nil {
		return err
	}
	l.d.win = l.d.win[:n+size]
	l.d.total += uint32(size)
	return nil
}

func (l *lzma2) compressed(control byte) error {
	var h [4]byte
	if err := l.readFull(h[:]); err != nil {
		return err
	}
	size := int(control&0x1f)<<16 + int(binary.BigEndian.Uint16(h[:])) + 1
	packed := int(binary.BigEndian.Uint16(h[2:])) + 1
	switch {
	case control >= 0xc0:
		props, err := l.readByte()
		if err != nil {
			return err
		}
		if err := l.d.setProps(props); err != nil {
			return err
		}
		l.needProps = false
		l.needState = false
		l.d.resetState()
	case l.needProps:
		return errCorrupt
	case control >= 0xa0:
		l.needState = false
		l.d.resetState()
	case l.needState:
		return errCorrupt
	}
	if err := l.readFull(l.inputSpace[:packed]); err != nil {
		return err
	}
	clear(l.inputSpace[packed : packed+chunkRoom])
	l.room(size)
	return l.d.chunk(uint32(packed), size)
}

// room makes space for size more bytes in the window, and gives its length. What
// was read and is farther back than a match may refer to is dropped.
func (l *lzma2) room(size int) int {
	d := l.d
	if cap(d.win)-len(d.win) >= size {
		return len(d.win)
	}
	const slack = 4 << 20
	drop := max(0, len(d.win)-d.dict)
	kept := d.win[drop:]
	// A small stream gets a small window: twice what it has needed so far.
	want := min(max(2*len(kept), 64<<10)+size, d.dict+slack)
	win := d.win[:0]
	if cap(win) < max(want, len(kept)+size) {
		win = make([]byte, 0, max(want, len(kept)+size))
	}
	d.win = append(win, kept...)
	d.start = max(0, d.start-drop)
	l.unread -= drop
	return len(d.win)
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
