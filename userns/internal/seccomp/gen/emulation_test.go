package main

import (
	"strings"
	"testing"
)

func TestEmulation(t *testing.T) {
	changes := "capset chown fchown fchownat lchown setfsgid setfsuid setgid setgroups setregid setresgid setresuid setreuid setuid"
	questions := "getuid geteuid getgid getegid"
	forEachABI(t, func(t *testing.T, m machine, a abi) {
		for _, fakeIDs := range []bool{false, true} {
			c, err := emulationProgram(m, fakeIDs)
			if err != nil {
				t.Fatal(err)
			}
			vm, open := newVM(t, c.program), newVM(t, granted(c, nested))
			answered := map[string]bool{}
			for name := range strings.FieldsSeq(changes) {
				answered[name], answered[name+"32"] = true, true
			}
			for name := range strings.FieldsSeq(questions) {
				answered[name], answered[name+"32"] = fakeIDs, fakeIDs
			}
			for _, name := range everyName(a) {
				want := uint32(retAllow)
				if answered[name] {
					want = retSuccess
				}
				if got := vm.answer(a.audit, a.numbers[name], [6]uint64{}); got != want {
					t.Errorf("%s, fake ids %v: got %#x, want %#x", name, fakeIDs, got, want)
				}
				if name == "capset" {
					want = retAllow
				}
				if got := open.answer(a.audit, a.numbers[name], [6]uint64{}); got != want {
					t.Errorf("%s, nested: got %#x, want %#x", name, got, want)
				}
			}
		}
	})
}

func TestEmulationOfMknod(t *testing.T) {
	calls := map[string]int{"mknod": 1, "mknodat": 2}
	forEachABI(t, func(t *testing.T, m machine, a abi) {
		c, err := emulationProgram(m, false)
		if err != nil {
			t.Fatal(err)
		}
		vm := newVM(t, c.program)
		for name, modeArg := range calls {
			number, ok := a.numbers[name]
			if !ok {
				continue
			}
			for mode := range uint64(1 << 16) {
				var args [6]uint64
				args[modeArg] = mode | 0xabcd<<32 // the kernel takes the lower half
				want := uint32(retAllow)
				if mode&0o170000 == 0o020000 || mode&0o170000 == 0o060000 {
					want = retSuccess
				}
				if got := vm.answer(a.audit, number, args); got != want {
					t.Fatalf("%s with mode %o: got %#x, want %#x", name, mode, got, want)
				}
			}
		}
	})
}
