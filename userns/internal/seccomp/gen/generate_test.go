package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func thisMachine(t *testing.T) machine {
	t.Helper()
	for _, m := range machines() {
		if m.goarch == runtime.GOARCH {
			return m
		}
	}
	t.Fatalf("no machine for %s", runtime.GOARCH)
	return machine{}
}

func TestCommittedProgramsAreWhatTheProfileSays(t *testing.T) {
	for _, m := range machines() {
		want, err := generate(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", m.file()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go generate ./userns/internal/seccomp", m.file())
		}
	}
}

// TestEveryNameIsANumberSomewhere finds names of the profile that a table of numbers lacks, or spells
// otherwise. The ones listed are of other architectures, or never got a number of their own.
func TestEveryNameIsANumberSomewhere(t *testing.T) {
	elsewhere := map[string]bool{
		"riscv_flush_icache": true, "riscv_hwprobe": true, "swapcontext": true,
		"s390_pci_mmio_read": true, "s390_pci_mmio_write": true, "s390_runtime_instr": true,
	}
	for _, s := range mustProfile(t, "amd64").all {
		for _, name := range s.Names {
			known := false
			for _, m := range machines() {
				for _, a := range m.abis {
					_, ok := a.numbers[name]
					known = known || ok
				}
			}
			if !known && !elsewhere[name] {
				t.Errorf("%s has no number", name)
			}
		}
	}
}

func mustProfile(t *testing.T, goarch string) rules {
	t.Helper()
	r, err := profile(goarch)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNumbersTheProfileDoesNotKnow(t *testing.T) {
	forEachABI(t, func(t *testing.T, m machine, a abi) {
		vm := newVM(t, granted(mustDocker(t, m), ^uint64(0)))
		last := highest(m.goarch, a)
		for _, n := range []uint32{last + 1, last + 2, 1000, 0x40000000, 0x40000000 + 39, 0x7fffffff, 0x80000000, 0xffffffff} {
			if got := vm.answer(a.audit, n, [6]uint64{}); got != retENOSYS {
				t.Errorf("call %#x: got %#x, want ENOSYS", n, got)
			}
		}
		if got := vm.answer(a.audit, last, [6]uint64{}); got != retAllow {
			t.Errorf("call %d, the last one: got %#x, want allow", last, got)
		}
	})
}

func TestUnknownInterface(t *testing.T) {
	for _, m := range machines() {
		for _, audit := range []uint32{0, 0x3e, 0xc000003d, 0xc00000f3, 0xffffffff} {
			if got := newVM(t, mustDocker(t, m).program).answer(audit, 0, [6]uint64{}); got != retKillProcess {
				t.Errorf("%s interface %#x: got %#x, want kill", m.goarch, audit, got)
			}
			fake, err := emulationProgram(m, true)
			if err != nil {
				t.Fatal(err)
			}
			if got := newVM(t, fake.program).answer(audit, 102, [6]uint64{}); got != retAllow {
				t.Errorf("%s interface %#x under emulation: got %#x, want allow", m.goarch, audit, got)
			}
		}
	}
}
