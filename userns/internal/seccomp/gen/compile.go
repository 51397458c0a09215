package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/net/bpf"
)

// Offsets in struct seccomp_data (linux/seccomp.h), on a little-endian machine.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
	upperHalf = 4
)

// maxInstructions is BPF_MAXINSNS (linux/bpf_common.h).
const maxInstructions = 4096

// part is the answers of one system call interface, by number.
type part struct {
	audit   uint32
	numbers []segment
}

// compiled is a program and the instructions to replace by allow for a capability.
type compiled struct {
	program []bpf.Instruction
	grants  []grant
}

type grant struct {
	index int
	anyOf uint64
}

// assembler writes a program from its end to its start. BPF jumps forward only, so every
// target exists before the jump to it, and its distance is known.
type assembler struct {
	reversed []bpf.Instruction
	returns  map[uint32]int
	grants   []grant // index counts from the end, as a label does
	tooFar   bool    // a conditional jump did not reach its target
}

// label is the position of an instruction, counted from the end of the program.
type label = int

// compile gives a program that tells the interfaces apart and answers other to an unknown one.
func compile(parts []part, other uint32) (compiled, error) {
	a := &assembler{returns: map[uint32]int{}}
	next := a.ret(other)
	entries := make([]label, len(parts))
	for i, p := range slices.Backward(parts) {
		a.before(a.tree(p.numbers))
		entries[i] = a.load(offNumber)
	}
	for i, p := range slices.Backward(parts) {
		entry, skip := a.near(entries[i]), a.near(next)
		next = a.branch(bpf.JumpEqual, p.audit, entry, skip)
	}
	a.load(offArch)
	return a.finish()
}

// finish turns the program round.
func (a *assembler) finish() (compiled, error) {
	if a.tooFar {
		return compiled{}, errors.New("assemble: a conditional jump is longer than 255 instructions")
	}
	n := len(a.reversed)
	if n > maxInstructions {
		return compiled{}, fmt.Errorf("assemble: %d instructions are more than the kernel takes", n)
	}
	slices.Reverse(a.reversed)
	for i := range a.grants {
		a.grants[i].index = n - 1 - a.grants[i].index
	}
	slices.SortFunc(a.grants, func(x, y grant) int { return x.index - y.index })
	return compiled{a.reversed, a.grants}, nil
}

func (a *assembler) emit(i bpf.Instruction) label {
	a.reversed = append(a.reversed, i)
	return len(a.reversed) - 1
}

func (a *assembler) load(offset uint32) label {
	return a.emit(bpf.LoadAbsolute{Off: offset, Size: 4})
}

// skip is the distance from the instruction to come to a label.
func (a *assembler) skip(to label) int { return len(a.reversed) - to - 1 }

// near gives a label that a conditional jump reaches, which holds 8 bits of distance, also if
// a few instructions come between.
func (a *assembler) near(to label) label {
	const room = 8
	if a.skip(to) < math.MaxUint8-room {
		return to
	}
	return a.emit(bpf.Jump{Skip: uint32(a.skip(to))})
}

// before makes the instruction to come fall through to a label.
func (a *assembler) before(to label) {
	if a.skip(to) != 0 {
		a.emit(bpf.Jump{Skip: uint32(a.skip(to))})
	}
}

// branch needs labels that are near.
func (a *assembler) branch(test bpf.JumpTest, value uint32, yes, no label) label {
	a.tooFar = a.tooFar || max(a.skip(yes), a.skip(no)) > math.MaxUint8
	return a.emit(bpf.JumpIf{Cond: test, Val: value, SkipTrue: uint8(a.skip(yes)), SkipFalse: uint8(a.skip(no))})
}

// ret gives a return instruction close by, an old one if there is one.
func (a *assembler) ret(value uint32) label {
	const reach = 100
	at, ok := a.returns[value]
	if !ok || a.skip(at) > reach {
		at = a.emit(bpf.RetConstant{Val: value})
		a.returns[value] = at
	}
	return at
}
