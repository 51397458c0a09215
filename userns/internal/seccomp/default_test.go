package seccomp

import (
	"errors"
	"slices"
	"testing"
	"unsafe"
)

// dockerCaps are the capabilities Docker gives a container, by number.
const dockerCaps = 0xa80425fb

func TestInstructionHasTheLayoutOfTheKernel(t *testing.T) {
	var i Instruction
	if unsafe.Sizeof(i) != 8 || unsafe.Offsetof(i.Jt) != 2 || unsafe.Offsetof(i.Jf) != 3 || unsafe.Offsetof(i.K) != 4 {
		t.Errorf("got %d bytes, want the 8 of struct sock_filter", unsafe.Sizeof(i))
	}
}

func TestDefaultBelongsToTheCaller(t *testing.T) {
	first := mustDefault(t, dockerCaps)
	for i := range first {
		first[i] = Instruction{}
	}
	if slices.Equal(first, mustDefault(t, dockerCaps)) {
		t.Error("a change of one program changed the next")
	}
}

func TestCapabilitiesOnlyAllowMore(t *testing.T) {
	none, all := mustDefault(t, 0), mustDefault(t, ^uint64(0))
	if len(none) != len(all) {
		t.Fatalf("got programs of %d and %d instructions, want the same length", len(none), len(all))
	}
	var changed, want []int
	for i := range none {
		if none[i] == all[i] {
			continue
		}
		changed = append(changed, i)
		if all[i] != retAllow() {
			t.Errorf("instruction %d: a capability turned %v into %v", i, none[i], all[i])
		}
	}
	for _, g := range defaultGrants() {
		want = append(want, g.index)
	}
	if !slices.Equal(changed, want) {
		t.Errorf("got changes at %v, want %v", changed, want)
	}
}

func TestProgramsAreOneAllocation(t *testing.T) {
	for name, f := range map[string]func(){
		"Default":       func() { sink, _ = Default(dockerCaps) },
		"RootEmulation": func() { sink = RootEmulation() },
		"FakeRoot":      func() { sink = FakeRoot() },
	} {
		if n := testing.AllocsPerRun(10, f); n != 1 {
			t.Errorf("%s: got %v allocations, want 1", name, n)
		}
	}
}

func TestArchitectureError(t *testing.T) {
	var err error = &ArchitectureError{"riscv64"}
	var typed *ArchitectureError
	if want := "choose seccomp program for riscv64: no profile for this architecture"; !errors.As(err, &typed) || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func mustDefault(t *testing.T, caps uint64) []Instruction {
	t.Helper()
	p, err := Default(caps)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var sink []Instruction

func BenchmarkDefault(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink, _ = Default(dockerCaps)
	}
	b.ReportMetric(float64(len(sink)), "instructions")
}

func BenchmarkRootEmulation(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = RootEmulation()
	}
	b.ReportMetric(float64(len(sink)), "instructions")
}
