package main

import (
	"slices"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// call is one system call as the filter sees it.
type call struct {
	name string
	args [6]uint64
}

// oracle answers calls by reading the profile's rules one by one, as the runtime
// specification words them, without the ways of the compiler.
type oracle struct {
	abi     abi
	rules   []*moby.Syscall // those that apply
	nested  bool
	highest uint32
}

func newOracle(goarch string, a abi, caps uint64) oracle {
	o := oracle{abi: a, highest: highest(goarch, a), nested: caps&nested != 0}
	for _, s := range moby.DefaultProfile().Syscalls {
		if applies(s, goarch, caps) {
			o.rules = append(o.rules, s)
		}
	}
	return o
}

func (o oracle) answer(c call) uint32 {
	if refusedOnTop(o.abi, c) {
		return retEPERM
	}
	if o.nested && slices.Contains(nestedCalls(), c.name) {
		return retAllow
	}
	for _, s := range o.rules {
		if !slices.Contains(s.Names, c.name) || !matches(s.Args, c.args) {
			continue
		}
		if s.Action == specs.ActErrno {
			return retErrno | uint32(*s.ErrnoRet)
		}
		return retAllow
	}
	if o.abi.numbers[c.name] > o.highest {
		return retENOSYS
	}
	return retEPERM
}

func refusedOnTop(a abi, c call) bool {
	_, multiplexed := a.numbers["socketcall"]
	switch c.name {
	case "socket":
		return uint32(c.args[0]) == 17 || uint32(c.args[0]) == 44
	case "ioctl":
		return uint32(c.args[1]) == 0x5412 || uint32(c.args[1]) == 0x541c
	case "socketcall":
		return multiplexed && uint32(c.args[0]) == 1
	}
	return false
}

func applies(s *moby.Syscall, goarch string, caps uint64) bool {
	holds := func(name string) bool { return caps&capability(name) != 0 }
	if f := s.Includes; f != nil {
		if len(f.Arches) > 0 && !slices.Contains(f.Arches, goarch) {
			return false
		}
		for _, c := range f.Caps {
			if !holds(c) {
				return false
			}
		}
	}
	if f := s.Excludes; f != nil {
		return !slices.Contains(f.Arches, goarch) && !slices.ContainsFunc(f.Caps, holds)
	}
	return true
}

func matches(conditions []specs.LinuxSeccompArg, args [6]uint64) bool {
	for _, c := range conditions {
		got := args[c.Index]
		switch c.Op {
		case specs.OpEqualTo:
			if got != c.Value {
				return false
			}
		case specs.OpLessThan:
			if got >= c.Value {
				return false
			}
		case specs.OpMaskedEqual:
			if got&c.Value != c.ValueTwo {
				return false
			}
		default:
			panic("the oracle does not know operator " + c.Op)
		}
	}
	return true
}

// highest is the largest public number that a rule for this architecture names.
func highest(goarch string, a abi) uint32 {
	var n uint32
	for _, s := range moby.DefaultProfile().Syscalls {
		f := s.Includes
		if f != nil && len(f.Arches) > 0 && !slices.Contains(f.Arches, goarch) {
			continue
		}
		for _, name := range s.Names {
			if number := a.numbers[name]; number < 0xf0000 {
				n = max(n, number)
			}
		}
	}
	return n
}
