package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// dockerCaps are the capabilities Docker gives a container.
func dockerCaps() (caps uint64) {
	for name := range strings.FieldsSeq("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP " +
		"NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE") {
		caps |= capability("CAP_" + name)
	}
	return caps
}

// interesting values of an argument: every one a rule compares with, its neighbours, and the same with high bits.
func interesting() []uint64 {
	values := map[uint64]bool{0: true, ^uint64(0): true}
	add := func(v uint64) {
		for _, x := range []uint64{v - 1, v, v + 1} {
			values[x], values[uint64(uint32(x))], values[x|1<<32], values[x|1<<63] = true, true, true, true
		}
	}
	for _, s := range moby.DefaultProfile().Syscalls {
		for _, a := range s.Args {
			add(a.Value)
		}
	}
	for family := range uint64(48) {
		add(family)
	}
	for bit := range 32 {
		add(1 << bit)
	}
	add(tiocsti)
	add(tioclinux)
	return slices.Sorted(maps.Keys(values))
}

// everyName is all names of the interface; what else the profile names has no number there.
func everyName(a abi) []string {
	names := slices.Collect(maps.Keys(a.numbers))
	slices.Sort(names)
	return names
}

// watched names the calls whose arguments matter, and two for which they must not.
func watched() []string {
	return []string{"socket", "personality", "clone", "ioctl", "socketcall", "read", "mount"}
}

func forEachABI(t *testing.T, test func(t *testing.T, m machine, a abi)) {
	for _, m := range machines() {
		for _, a := range m.abis {
			t.Run(fmt.Sprintf("%s/%x", m.goarch, a.audit), func(t *testing.T) { test(t, m, a) })
		}
	}
}

func mustDocker(t *testing.T, m machine) compiled {
	t.Helper()
	c, err := dockerProgram(m)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryCallAnswersAsTheProfileSays(t *testing.T) {
	forEachABI(t, func(t *testing.T, m machine, a abi) {
		c := mustDocker(t, m)
		sets := []uint64{0, dockerCaps(), dockerCaps() | nested, ^uint64(0), capability("CAP_BPF") | capability("CAP_SYSLOG")}
		for i := range capabilities() {
			sets = append(sets, 1<<i, ^uint64(0)&^(1<<i))
		}
		for _, caps := range sets {
			vm, o := newVM(t, granted(c, caps)), newOracle(m.goarch, a, caps)
			for _, name := range everyName(a) {
				check(t, vm, o, caps, call{name: name})
			}
		}
	})
}

func TestEveryArgumentAnswersAsTheProfileSays(t *testing.T) {
	forEachABI(t, func(t *testing.T, m machine, a abi) {
		c := mustDocker(t, m)
		for _, caps := range []uint64{dockerCaps(), ^uint64(0)} {
			vm, o := newVM(t, granted(c, caps)), newOracle(m.goarch, a, caps)
			for _, name := range watched() {
				if _, ok := a.numbers[name]; !ok {
					continue
				}
				for _, v := range interesting() {
					check(t, vm, o, caps, call{name, [6]uint64{v}})
					check(t, vm, o, caps, call{name, [6]uint64{1, v}})
				}
			}
		}
	})
}

func check(t *testing.T, vm machineVM, o oracle, caps uint64, c call) {
	t.Helper()
	number := o.abi.numbers[c.name]
	got, want := vm.answer(o.abi.audit, number, c.args), o.answer(c)
	if got != want {
		t.Errorf("%s (%d) %#x with capabilities %#x: got %#x, want %#x", c.name, number, c.args, caps, got, want)
	}
}

// TestTheOracleIsDocker compares the rules this test believes to apply with those Docker installs here.
func TestTheOracleIsDocker(t *testing.T) {
	spec := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{}}}
	var caps uint64
	for i, name := range append([]string{""}, capabilities()...) {
		if i > 0 {
			spec.Process.Capabilities.Bounding, caps = []string{name}, 1<<(i-1)
		}
		docker, err := moby.GetDefaultProfile(spec)
		if err != nil {
			t.Fatal(err)
		}
		var names, want []string
		for _, s := range moby.DefaultProfile().Syscalls {
			if applies(s, thisMachine(t).goarch, caps) {
				names = append(names, fmt.Sprint(s.Names, s.Action, s.Args))
			}
		}
		for _, s := range docker.Syscalls {
			want = append(want, fmt.Sprint(s.Names, s.Action, s.Args))
		}
		if !slices.Equal(names, want) {
			t.Errorf("rules with %q: got %v, want %v", name, names, want)
		}
	}
}
