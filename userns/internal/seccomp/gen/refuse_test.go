package main

import (
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
)

func TestConditionsThatCannotBeDecided(t *testing.T) {
	for name, f := range map[string]moby.Filter{
		"a newer kernel":        {MinKernel: &moby.KernelVersion{Kernel: 6, Major: 1}},
		"two capabilities":      {Caps: []string{"CAP_BPF", "CAP_CHOWN"}},
		"an unknown capability": {Caps: []string{"CAP_NEW"}},
	} {
		if err := understood(&f); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFormsOfRulesThatAreUnknown(t *testing.T) {
	arg := func(index uint, value, two uint64, op specs.LinuxSeccompOperator) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: index, Value: value, ValueTwo: two, Op: op}
	}
	for name, args := range map[string][]specs.LinuxSeccompArg{
		"an operator":      {arg(0, 1, 0, specs.OpGreaterThan)},
		"64 bits":          {arg(0, 1<<32, 0, specs.OpEqualTo)},
		"two arguments":    {arg(0, 1, 0, specs.OpEqualTo), arg(1, 1, 0, specs.OpEqualTo)},
		"two ranges":       {arg(0, 1, 0, specs.OpLessThan), arg(0, 2, 0, specs.OpLessThan)},
		"an empty range":   {arg(0, 0, 0, specs.OpLessThan)},
		"a masked value":   {arg(0, 3, 1, specs.OpMaskedEqual)},
		"a mask and value": {arg(0, 3, 0, specs.OpMaskedEqual), arg(0, 1, 0, specs.OpEqualTo)},
	} {
		if _, err := byArgument(args, retEPERM); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRefuseMoreNeedsAnAllowedCall(t *testing.T) {
	allowed := verdict{ret: retAllow}
	limited := verdict{inspect: &inspect{segments: []segment{{0, verdict{ret: retEPERM}}}}}
	for name, verdicts := range map[string]map[string]verdict{
		"AF_ALG is allowed":    {"socket": allowed, "ioctl": allowed},
		"ioctl is not allowed": {"socket": limited},
	} {
		if err := refuseMore(abi{}, verdicts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLongJumps compiles programs whose parts are further apart than a conditional jump reaches.
func TestLongJumps(t *testing.T) {
	points := map[uint32]verdict{}
	for n := range uint32(900) {
		points[n] = verdict{ret: retErrno | n%4095}
	}
	s := segments(points, []segment{{0, verdict{ret: retAllow}}})
	c, err := compile([]part{{1, s}, {2, s}}, retKillProcess)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bpf.Assemble(c.program); err != nil {
		t.Fatal(err)
	}
	vm := newVM(t, c.program)
	for n := range uint32(1000) {
		for audit := uint32(1); audit <= 2; audit++ {
			if got, want := vm.answer(audit, n, [6]uint64{}), at(s, n).ret; got != want {
				t.Fatalf("call %d of interface %d: got %#x, want %#x", n, audit, got, want)
			}
		}
	}
	if _, err := compile([]part{{1, s}, {2, s}, {3, s}}, retKillProcess); err == nil {
		t.Errorf("a program of more than 4096 instructions: no error")
	}
}
