package main

import "github.com/elastic/go-seccomp-bpf/arch"

// abi is one system call interface: the kernel tells it by its audit number.
type abi struct {
	audit   uint32
	numbers map[string]uint32
}

// machine is an architecture that this project is built for, its own interface first.
type machine struct {
	goarch string
	abis   []abi
}

func (m machine) file() string { return "program_" + m.goarch + ".go" }

// machines lists the interfaces that Docker's profile allows on each architecture, but for x32: its
// numbers carry bit 30, are above all others, and answer ENOSYS.
func machines() []machine {
	return []machine{
		{"amd64", []abi{newABI(arch.X86_64), newABI(arch.I386)}},
		{"arm64", []abi{newABI(arch.AARCH64), newABI(arch.ARM)}},
	}
}

func newABI(info *arch.Info) abi {
	a := abi{uint32(info.ID), map[string]uint32{}}
	for name, number := range info.SyscallNames {
		a.numbers[name] = uint32(number)
	}
	// Two numbers have other names in the profile, as in the kernel's own tables.
	switch info {
	case arch.AARCH64:
		a.numbers["newfstatat"] = a.numbers["fstatat"]
		delete(a.numbers, "fstatat")
	case arch.ARM:
		a.numbers["sync_file_range2"] = a.numbers["arm_sync_file_range"]
	}
	return a
}

// privateARM is where the numbers of 32-bit Arm's own calls begin (asm/unistd.h, __ARM_NR_BASE).
const privateARM = 0xf0000

// numbered gives the verdicts by number; names that the interface does not have fall away.
func numbered(a abi, verdicts map[string]verdict) map[uint32]verdict {
	out := map[uint32]verdict{}
	for name, v := range verdicts {
		if n, ok := a.numbers[name]; ok {
			out[n] = v
		}
	}
	return out
}

// unnamed gives the answer to calls that the profile does not name: EPERM, and ENOSYS
// above the highest one that it does, as runc answers. Private numbers do not count.
func unnamed(a abi, verdicts map[string]verdict) []segment {
	last := uint32(0)
	for n := range numbered(a, verdicts) {
		if n < privateARM {
			last = max(last, n)
		}
	}
	return []segment{{0, verdict{ret: retEPERM}}, {last + 1, verdict{ret: retENOSYS}}}
}
