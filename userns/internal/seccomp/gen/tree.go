package main

import "golang.org/x/net/bpf"

// tree compiles a binary search for the accumulator.
func (a *assembler) tree(s []segment) label {
	if len(s) == 1 {
		return a.answer(s[0].verdict)
	}
	middle := len(s) / 2
	upper, lower := a.tree(s[middle:]), a.tree(s[:middle])
	upper, lower = a.near(upper), a.near(lower)
	return a.branch(bpf.JumpGreaterOrEqual, s[middle].from, upper, lower)
}

// answer compiles a verdict. One that a capability changes has instructions of its own.
func (a *assembler) answer(v verdict) label {
	var start label
	switch {
	case v.plain():
		return a.ret(v.ret)
	case v.inspect != nil:
		start = a.inspect(v.inspect)
	default:
		start = a.emit(bpf.RetConstant{Val: v.ret})
	}
	if v.grant != 0 {
		a.grants = append(a.grants, grant{start, v.grant})
	}
	return start
}

// inspect compiles a search for an argument.
func (a *assembler) inspect(in *inspect) label {
	offset := uint32(offArgs + 8*in.arg)
	a.before(a.tree(in.segments))
	if in.mask != 0 {
		a.emit(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: in.mask})
	}
	low := a.load(offset)
	if !in.wide {
		return low
	}
	other := a.ret(in.other)
	a.branch(bpf.JumpEqual, 0, low, other)
	return a.load(offset + upperHalf)
}
