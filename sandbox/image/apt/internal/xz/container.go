package xz

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"slices"
	"sync"
)

// Errors of what is not read here.
var (
	ErrFormat      = errors.New("not an xz stream")
	ErrUnsupported = errors.New("xz filter or check is not supported")
	ErrMemory      = errors.New("xz stream needs more memory than allowed")
)

const (
	headerMagic = "\xfd7zXZ\x00"
	footerMagic = "YZ"
	filterLZMA2 = 0x21
)

// ecma is made when it is first needed: a program's start has no time for it.
var ecma = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(crc64.ECMA) })

// stream reads the header of a stream; io.EOF at the end of the last one.
func (x *Reader) stream() error {
	var h [12]byte
	for { // between streams, zeros may stand, four at a time
		_, err := io.ReadFull(x.in, h[:4])
		if err == io.EOF && x.streams > 0 {
			return io.EOF
		}
		if err != nil {
			return unexpected(err)
		}
		if x.streams == 0 || !bytes.Equal(h[:4], make([]byte, 4)) {
			break
		}
	}
	if _, err := io.ReadFull(x.in, h[4:]); err != nil {
		return unexpected(err)
	}
	if string(h[:6]) != headerMagic {
		return ErrFormat
	}
	if crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) {
		return errCorrupt
	}
	x.check = h[7]
	var err error
	if x.sum, err = newCheck(h[6], h[7]); err != nil {
		return err
	}
	x.streams++
	x.records = x.records[:0]
	x.step = x.blockHeader
	return nil
}

func newCheck(reserved, kind byte) (hash.Hash, error) {
	if reserved != 0 {
		return nil, ErrUnsupported
	}
	switch kind {
	case 0x00:
		return nil, nil
	case 0x01:
		return littleEndian{crc32.NewIEEE()}, nil
	case 0x04:
		return littleEndian{crc64.New(ecma())}, nil
	case 0x0a:
		return sha256.New(), nil
	}
	return nil, ErrUnsupported
}

// littleEndian gives a sum in the order of bytes that the format has.
type littleEndian struct{ hash.Hash }

func (l littleEndian) Sum(b []byte) []byte {
	s := l.Hash.Sum(nil)
	slices.Reverse(s)
	return append(b, s...)
}

// blockHeader reads the header of a block, or the index in its place.
func (x *Reader) blockHeader() error {
	size, err := x.in.ReadByte()
	if err != nil {
		return unexpected(err)
	}
	if size == 0 {
		return x.index()
	}
	h := make([]byte, (int(size)+1)*4)
	h[0] = size
	if _, err := io.ReadFull(x.in, h[1:]); err != nil {
		return unexpected(err)
	}
	n := len(h) - 4
	if crc32.ChecksumIEEE(h[:n]) != binary.LittleEndian.Uint32(h[n:]) {
		return errCorrupt
	}
	dict, err := parseBlock(h[1:n])
	if err != nil {
		return err
	}
	if dict > uint64(x.maxDict) {
		return ErrMemory
	}
	x.header, x.size = len(h), 0
	if x.sum != nil {
		x.sum.Reset()
	}
	x.block.reset(x.in, int(dict))
	x.step = x.chunk
	return nil
}

// parseBlock gives the size of the dictionary. The sizes that a header may have
// are not needed: the index has them as well.
func parseBlock(b []byte) (dict uint64, err error) {
	flags := b[0]
	r := bytes.NewReader(b[1:])
	for _, present := range []byte{0x40, 0x80} {
		if flags&present != 0 {
			if _, err := readVLI(r); err != nil {
				return 0, err
			}
		}
	}
	id, err := readVLI(r)
	if err != nil {
		return 0, err
	}
	if flags&0x3f != 0 || id != filterLZMA2 { // several filters, or another one
		return 0, ErrUnsupported
	}
	if n, err := readVLI(r); err != nil || n != 1 {
		return 0, errCorrupt
	}
	bits, err := r.ReadByte()
	if err != nil || bits > 40 {
		return 0, errCorrupt
	}
	if bits == 40 {
		return 1<<32 - 1, nil
	}
	return uint64(2|bits&1) << (bits/2 + 11), nil
}

// readVLI reads a number of up to 63 bits, seven a byte, the lowest first.
func readVLI(r io.ByteReader) (uint64, error) {
	var v uint64
	for shift := 0; shift < 63; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if b == 0 && shift > 0 {
				return 0, errCorrupt
			}
			return v, nil
		}
	}
	return 0, errCorrupt
}

// index reads the index, whose first byte is read, and the footer behind it. It
// has to say what the blocks were.
func (x *Reader) index() error {
	r := &summing{in: x.in, crc: crc32.ChecksumIEEE([]byte{0}), n: 1}
	count, err := readVLI(r)
	if err != nil {
		return err
	}
	if count != uint64(len(x.records)) {
		return errCorrupt
	}
	for _, want := range x.records {
		unpadded, err := readVLI(r)
		if err != nil {
			return err
		}
		size, err := readVLI(r)
		if err != nil {
			return err
		}
		if unpadded != uint64(want.unpadded) || size != uint64(want.size) {
			return errCorrupt
		}
	}
	for r.n%4 != 0 {
		b, err := r.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		if b != 0 {
			return errCorrupt
		}
	}
	var f [16]byte // the index's sum and the footer
	if _, err := io.ReadFull(x.in, f[:]); err != nil {
		return unexpected(err)
	}
	switch {
	case binary.LittleEndian.Uint32(f[:]) != r.crc,
		binary.LittleEndian.Uint32(f[4:]) != crc32.ChecksumIEEE(f[8:14]),
		int64(binary.LittleEndian.Uint32(f[8:])) != (r.n+4)/4-1,
		f[12] != 0 || f[13] != x.check || string(f[14:]) != footerMagic:
		return errCorrupt
	}
	x.step = x.stream
	return nil
}

// summing counts and sums the bytes that are read.
type summing struct {
	in  io.ByteReader
	crc uint32
	n   int64
}

func (s *summing) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err == nil {
		s.crc = crc32.Update(s.crc, crc32.IEEETable, []byte{b})
		s.n++
	}
	return b, err
}
