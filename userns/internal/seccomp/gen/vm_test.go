package main

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
)

// machineVM runs a program as the kernel would, on a table of calls.
type machineVM struct {
	t  *testing.T
	vm *bpf.VM
}

func newVM(t *testing.T, program []bpf.Instruction) machineVM {
	t.Helper()
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	return machineVM{t, vm}
}

// answer runs the program. The VM reads network packets, most significant byte first;
// the kernel gives a filter words of the machine, here with the lower half of an argument first.
func (m machineVM) answer(audit, number uint32, args [6]uint64) uint32 {
	m.t.Helper()
	words := []uint32{number, audit, 0, 0}
	for _, a := range args {
		words = append(words, uint32(a), uint32(a>>32))
	}
	data := make([]byte, 0, 4*len(words))
	for _, w := range words {
		data = binary.BigEndian.AppendUint32(data, w)
	}
	got, err := m.vm.Run(data)
	if err != nil {
		m.t.Fatal(err)
	}
	return uint32(got)
}

// granted applies the capabilities as the package does at run time.
func granted(c compiled, caps uint64) []bpf.Instruction {
	program := append([]bpf.Instruction(nil), c.program...)
	for _, g := range c.grants {
		if caps&g.anyOf != 0 {
			program[g.index] = bpf.RetConstant{Val: retAllow}
		}
	}
	return program
}
