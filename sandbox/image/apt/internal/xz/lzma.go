package xz

import "errors"

var errCorrupt = errors.New("corrupt data")

const (
	states     = 12
	posStates  = 1 << 4
	matchMin   = 2
	endPosBase = 4  // distance slots below it are distances
	endPosMid  = 14 // slots below it have their low bits in a tree
	fullDist   = 1 << (endPosMid / 2)
	alignBits  = 4
)

// lengthDecoder decodes how long a match is.
type lengthDecoder struct {
	choice, choice2 uint16
	low, mid        [posStates][8]uint16
	high            [256]uint16
}

func (l *lengthDecoder) decode(r *rangeDecoder, posState uint32) uint32 {
	if !r.bit(&l.choice) {
		return matchMin + r.tree(l.low[posState][:]) - 8
	}
	if !r.bit(&l.choice2) {
		return matchMin + 8 + r.tree(l.mid[posState][:]) - 8
	}
	return matchMin + 16 + r.tree(l.high[:]) - 256
}

// probabilities are all that a decoder learns; a reset makes them equal.
type probabilities struct {
	isMatch, isRep0Long           [states][posStates]uint16
	isRep, isRep0, isRep1, isRep2 [states]uint16
	slot                          [4][64]uint16
	special                       [fullDist]uint16
	align                         [1 << alignBits]uint16
	length, repLength             lengthDecoder
	literal                       [1 << 4][0x300]uint16
}

// decoder is the state of LZMA between the chunks of a stream.
type decoder struct {
	probs   probabilities
	rc      rangeDecoder
	state   uint32
	reps    [4]uint32 // distances of the last matches, less one
	lc, lp  uint32    // bits of the last byte, and of the position, that a literal's context has
	posMask uint32
	win     []byte // what was decoded, at least the last dict bytes of it
	start   int    // in win: before it there is nothing to refer to
	dict    int    // how far back a match may refer
	total   uint32 // bytes decoded since the dictionary was reset
}

func (d *decoder) setProps(b byte) error {
	if b >= 9*5*5 {
		return errCorrupt
	}
	v := uint32(b)
	d.lc, d.lp, d.posMask = v%9, v/9%5, 1<<(v/45)-1
	if d.lc+d.lp > 4 {
		return errCorrupt
	}
	return nil
}

func (d *decoder) resetState() {
	d.state, d.reps = 0, [4]uint32{}
	p := &d.probs
	fill := func(s []uint16) {
		for i := range s {
			s[i] = probInit
		}
	}
	for i := range states {
		fill(p.isMatch[i][:])
		fill(p.isRep0Long[i][:])
	}
	for _, s := range [][]uint16{p.isRep[:], p.isRep0[:], p.isRep1[:], p.isRep2[:], p.special[:], p.align[:]} {
		fill(s)
	}
	for i := range p.slot {
		fill(p.slot[i][:])
	}
	for _, l := range []*lengthDecoder{&p.length, &p.repLength} {
		l.choice, l.choice2 = probInit, probInit
		for i := range posStates {
			fill(l.low[i][:])
			fill(l.mid[i][:])
		}
		fill(l.high[:])
	}
	for i := range 1 << (d.lc + d.lp) {
		fill(p.literal[i][:])
	}
}

// chunk decodes size bytes of the compressed ones in d.rc.in and appends them to
// d.win, which has the room.
func (d *decoder) chunk(packed uint32, size int) error {
	if packed < 5 || !d.rc.init() {
		return errCorrupt
	}
	end := len(d.win) + size
	for len(d.win) < end {
		posState := d.total & d.posMask
		if !d.rc.bit(&d.probs.isMatch[d.state][posState]) {
			d.literal()
		} else {
			length, err := d.match(posState)
			if err != nil {
				return err
			}
			if err := d.copy(length, end); err != nil {
				return err
			}
		}
		if d.rc.pos > packed {
			return errCorrupt
		}
	}
	// The encoder leaves nothing: what is left would have been another symbol.
	if !d.rc.finished(packed) {
		return errCorrupt
	}
	return nil
}

func (d *decoder) literal() {
	n := len(d.win)
	var last uint32
	if n > d.start {
		last = uint32(d.win[n-1])
	}
	probs := &d.probs.literal[(d.total&(1<<d.lp-1))<<d.lc+last>>(8-d.lc)]
	var b byte
	if d.state < 7 {
		b = d.rc.literal(probs)
	} else {
		// A match came before: its distance is within the window.
		b = d.rc.matched(probs, d.win[n-1-int(d.reps[0])])
	}
	d.win = append(d.win, b)
	d.total++
	switch {
	case d.state < 4:
		d.state = 0
	case d.state < 10:
		d.state -= 3
	default:
		d.state -= 6
	}
}

// match decodes what to repeat: a new distance, or one of the last ones.
func (d *decoder) match(posState uint32) (length uint32, err error) {
	p, r := &d.probs, &d.rc
	if !r.bit(&p.isRep[d.state]) {
		length = p.length.decode(r, posState)
		d.reps[3], d.reps[2], d.reps[1] = d.reps[2], d.reps[1], d.reps[0]
		d.reps[0] = d.distance(length)
		d.state = after(d.state, 7, 10)
		return length, nil
	}
	if !r.bit(&p.isRep0[d.state]) {
		if !r.bit(&p.isRep0Long[d.state][posState]) {
			d.state = after(d.state, 9, 11)
			return 1, nil
		}
	} else {
		var dist uint32
		if !r.bit(&p.isRep1[d.state]) {
			dist = d.reps[1]
		} else {
			if !r.bit(&p.isRep2[d.state]) {
				dist = d.reps[2]
			} else {
				dist = d.reps[3]
				d.reps[3] = d.reps[2]
			}
			d.reps[2] = d.reps[1]
		}
		d.reps[1] = d.reps[0]
		d.reps[0] = dist
	}
	length = p.repLength.decode(r, posState)
	d.state = after(d.state, 8, 11)
	return length, nil
}

func after(state, literal, match uint32) uint32 {
	if state < 7 {
		return literal
	}
	return match
}

func (d *decoder) distance(length uint32) uint32 {
	slot := d.rc.tree(d.probs.slot[min(length-matchMin, 3)][:]) - 64
	if slot < endPosBase {
		return slot
	}
	low := slot>>1 - 1
	dist := (2 | slot&1) << low
	if slot < endPosMid {
		return dist + d.rc.reverse(d.probs.special[dist-slot:], low)
	}
	dist += d.rc.direct(low-alignBits) << alignBits
	return dist + d.rc.reverse(d.probs.align[:], alignBits)
}

// copy repeats what stands reps[0]+1 bytes before the end.
func (d *decoder) copy(length uint32, end int) error {
	n, count := len(d.win), int(length)
	back := int(d.reps[0]) + 1
	if back > n-d.start || back > d.dict || count > end-n {
		return errCorrupt
	}
	win := d.win[:n+count]
	if back >= count {
		copy(win[n:], win[n-back:n-back+count])
	} else {
		for i := n; i < len(win); i++ {
			win[i] = win[i-back]
		}
	}
	d.win = win
	d.total += length
	return nil
}
