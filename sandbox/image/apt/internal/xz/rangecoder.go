package xz

import "encoding/binary"

const (
	probInit  = 1 << 10 // a bit is as likely 0 as 1
	probBits  = 11
	moveBits  = 5
	topValue  = 1 << 24
	maxChunk  = 1 << 16 // compressed bytes of one LZMA2 chunk
	chunkRoom = 64      // zeros behind it: more than one symbol can read
)

// rangeDecoder reads bits of one chunk. Its input has zeros behind its end, so
// that reading too far is noticed after a symbol and not at each byte.
type rangeDecoder struct {
	rng, code uint32
	pos       uint32
	in        *[maxChunk + chunkRoom]byte
}

func (r *rangeDecoder) init() bool {
	r.rng = 0xffffffff
	r.code = binary.BigEndian.Uint32(r.in[1:5])
	r.pos = 5
	return r.in[0] == 0
}

// finished says whether the input was read exactly, and was that of an encoder
// that had no more to say.
func (r *rangeDecoder) finished(size uint32) bool {
	if r.rng < topValue {
		r.code = r.code<<8 | uint32(r.in[r.pos])
		r.pos++
	}
	return r.pos == size && r.code == 0
}

// bit decodes one bit whose probability is p. It is used where bits decide on
// what to do, which is a branch anyway.
func (r *rangeDecoder) bit(p *uint16) bool {
	if r.rng < topValue {
		r.rng <<= 8
		r.code = r.code<<8 | uint32(r.in[r.pos])
		r.pos++
	}
	prob := *p
	bound := (r.rng >> probBits) * uint32(prob)
	if r.code < bound {
		r.rng = bound
		*p = prob + (1<<probBits-prob)>>moveBits
		return false
	}
	r.rng -= bound
	r.code -= bound
	*p = prob - prob>>moveBits
	return true
}

// tree decodes a number of as many bits as probs has levels, its highest first,
// and returns it with a 1 before it. len(probs) is a power of two.
func (r *rangeDecoder) tree(probs []uint16) uint32 {
	rng, code, pos := r.rng, r.code, r.pos
	m := uint32(1)
	for m < uint32(len(probs)) {
		if rng < topValue {
			rng <<= 8
			code = code<<8 | uint32(r.in[pos])
			pos++
		}
		p := uint32(probs[m])
		bound := (rng >> probBits) * p
		zero := uint32((int64(code) - int64(bound)) >> 63) // all ones for a 0
		rest := rng - bound
		rng = rest + (bound-rest)&zero
		code = code - bound + bound&zero
		probs[m] = uint16(p - uint32(int32(p+zero&moveZero)>>moveBits))
		m = m<<1 + 1 + zero
	}
	r.rng, r.code, r.pos = rng, code, pos
	return m
}

// reverse decodes n bits, the lowest first.
func (r *rangeDecoder) reverse(probs []uint16, n uint32) uint32 {
	m, v := uint32(1), uint32(0)
	for i := range n {
		m <<= 1
		if r.bit(&probs[m>>1]) {
			m |= 1
			v |= 1 << i
		}
	}
	return v
}

// direct decodes n bits that are as likely 0 as 1.
func (r *rangeDecoder) direct(n uint32) uint32 {
	rng, code, pos := r.rng, r.code, r.pos
	var v uint32
	for range n {
		if rng < topValue {
			rng <<= 8
			code = code<<8 | uint32(r.in[pos])
			pos++
		}
		rng >>= 1
		code -= rng
		zero := uint32(int32(code) >> 31)
		code += rng & zero
		v = v<<1 + 1 + zero
	}
	r.rng, r.code, r.pos = rng, code, pos
	return v
}

// literal decodes a byte.
func (r *rangeDecoder) literal(probs *[0x300]uint16) byte {
	rng, code, pos := r.rng, r.code, r.pos
	m := uint32(1)
	for m < 0x100 {
		if rng < topValue {
			rng <<= 8
			code = code<<8 | uint32(r.in[pos])
			pos++
		}
		p := uint32(probs[m])
		bound := (rng >> probBits) * p
		zero := uint32((int64(code) - int64(bound)) >> 63)
		rest := rng - bound
		rng = rest + (bound-rest)&zero
		code = code - bound + bound&zero
		probs[m] = uint16(p - uint32(int32(p+zero&moveZero)>>moveBits))
		m = m<<1 + 1 + zero
	}
	r.rng, r.code, r.pos = rng, code, pos
	return byte(m)
}

// moveZero makes the step of a probability that of a 0: p - (p+moveZero)>>5 is
// p + (2048-p)>>5.
const moveZero = 1<<32 + 1<<moveBits - 1 - 1<<probBits

// matched decodes a byte that follows a match, with the byte that the match
// would have gone on with as the context, until one bit differs.
func (r *rangeDecoder) matched(probs *[0x300]uint16, context byte) byte {
	rng, code, pos := r.rng, r.code, r.pos
	m, c, offset := uint32(1), uint32(context)<<1, uint32(0x100)
	for m < 0x100 {
		if rng < topValue {
			rng <<= 8
			code = code<<8 | uint32(r.in[pos])
			pos++
		}
		bit := c & offset
		p := &probs[offset+bit+m]
		prob := uint32(*p)
		bound := (rng >> probBits) * prob
		zero := uint32((int64(code) - int64(bound)) >> 63)
		rest := rng - bound
		rng = rest + (bound-rest)&zero
		code = code - bound + bound&zero
		*p = uint16(prob - uint32(int32(prob+zero&moveZero)>>moveBits))
		m = m<<1 + 1 + zero
		offset &= bit ^ zero // stays while the context's bit is the decoded one
		c <<= 1
	}
	r.rng, r.code, r.pos = rng, code, pos
	return byte(m)
}
