package agent

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestParseStat(t *testing.T) {
	const rest = " 10 20 30 1025 -1 4194560 0 0"
	want := process{pid: 5, parent: 10, session: 30, tty: 1025}
	for _, name := range []string{
		"sh", "", "two words", "a(b)c", "a) S 1 2 3 4 5", ") (", "tab\tline\nbreak", strings.Repeat(")", 15),
	} {
		if got, ok := parseStat("5 (" + name + ") S" + rest); !ok || got != want {
			t.Errorf("name %q: got %+v, %v", name, got, ok)
		}
	}
	for state, zombie := range map[string]bool{"S": false, "R": false, "T": false, "Z": true, "X": true} {
		if got, ok := parseStat("5 (sh) " + state + rest); !ok || got.zombie != zombie {
			t.Errorf("state %s: got %+v, %v", state, got, ok)
		}
	}
}

func TestParseStatRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "5", "5 sh S 1 2 3 4", "5 (sh", "5 (sh)", "5 (sh) S 1 2 3", "x (sh) S 1 2 3 4", "5 (sh) S x 2 3 4", "5 (sh) S 1 2 x 4", "(sh) S 1 2 3 4",
		"99999999999999999999 (sh) S 1 2 3 4",
	} {
		if got, ok := parseStat(text); ok || got != (process{}) {
			t.Errorf("%q: got %+v, %v", text, got, ok)
		}
	}
}

func TestParseStatOfOurselves(t *testing.T) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	got, ok := parseStat(string(b))
	if !ok || got.pid != os.Getpid() || got.parent != os.Getppid() || got.zombie {
		t.Errorf("got %+v, %v", got, ok)
	}
}

// FuzzParseStat: a process may call itself anything, and is never taken for another.
func FuzzParseStat(f *testing.F) {
	f.Add("sh", 5, 1)
	f.Add(") S 1 1 1 1 (", 5, 1)
	f.Fuzz(func(t *testing.T, name string, pid, session int) {
		got, ok := parseStat(fmt.Sprintf("%d (%s) S 1 2 %d 0 -1\n", pid, name, session))
		if want := (process{pid: pid, parent: 1, session: session}); !ok || got != want {
			t.Errorf("name %q: got %+v, %v; want %+v", name, got, ok, want)
		}
		_, _ = parseStat(name) // any text at all
	})
}

func TestSession(t *testing.T) {
	all := []process{
		{pid: 2, parent: 1, session: 2},  // the leader
		{pid: 3, parent: 2, session: 2},  // its child
		{pid: 9, parent: 1, session: 2},  // an orphan in its session
		{pid: 5, parent: 3, session: 5},  // a descendant that left the session,
		{pid: 4, parent: 5, session: 5},  // and its child, listed later
		{pid: 6, parent: 1, session: 6},  // another command
		{pid: 7, parent: 6, session: 6},  // and its child
		{pid: 8, parent: 9, session: 80}, // a child of the orphan
	}
	for _, c := range []struct {
		name   string
		leader int
		want   []int
	}{
		{"whole", 2, []int{2, 3, 4, 5, 8, 9}},
		{"another", 6, []int{6, 7}},
		{"a part of one", 5, []int{4, 5}},
		{"nobody", 77, nil},
		{"a session whose leader is gone", 80, []int{8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 20 { // in whatever order they are listed
				rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
				var got []int
				for _, p := range session(all, c.leader) {
					got = append(got, p.pid)
				}
				slices.Sort(got)
				if !slices.Equal(got, c.want) {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

// What a family's own start after it was last looked at belongs to it, and nothing that has the number of one who is gone.
func TestFamilyOutlivesItsLeader(t *testing.T) {
	f := newFamily(2)
	for _, look := range []struct {
		name string
		all  []process
		want []int
	}{
		{"whole", []process{{pid: 2, parent: 1, session: 2}, {pid: 3, parent: 2, session: 3}, {pid: 4, parent: 2, session: 4}}, []int{2, 3, 4}},
		{"the leader is gone, and one has a child", []process{{pid: 3, parent: 1, session: 3}, {pid: 4, parent: 1, session: 4}, {pid: 5, parent: 3, session: 5}}, []int{3, 4, 5}},
		{"who left its session is gone, but not one it started", []process{{pid: 4, parent: 1, session: 4}, {pid: 6, parent: 1, session: 5}}, []int{4, 6}},
		{"another has its number", []process{{pid: 4, parent: 1, session: 4}, {pid: 5, parent: 9, session: 9}, {pid: 2, parent: 9, session: 9}}, []int{4}},
		{"nobody", []process{{pid: 2, parent: 9, session: 9}}, nil},
		{"nobody for good", []process{{pid: 4, parent: 9, session: 4}}, nil},
	} {
		var got []int
		for _, p := range f.among(look.all) {
			got = append(got, p.pid)
		}
		if !slices.Equal(got, look.want) {
			t.Errorf("%s: got %v, want %v", look.name, got, look.want)
		}
	}
}

func TestOthersAreNeitherZombiesNorHelpers(t *testing.T) {
	a := &agent{}
	pids := func() (out []int) {
		for _, p := range a.others() {
			out = append(out, p.pid)
		}
		return out
	}
	if got := pids(); !slices.Contains(got, os.Getpid()) || slices.Contains(got, 1) {
		t.Errorf("got %v", got)
	}
	a.helpers = []int{os.Getpid()}
	if slices.Contains(pids(), os.Getpid()) {
		t.Error("a helper is among them")
	}
}

func BenchmarkParseStat(b *testing.B) {
	const text = "12345 (a (long) name) S 10 20 30 1025 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 1 1 1\n"
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseStat(text); !ok {
			b.Fatal("refused")
		}
	}
}

// BenchmarkSession is the worst order: a chain of processes, each listed before its parent.
func BenchmarkSession(b *testing.B) {
	var all []process
	for pid := 500; pid > 1; pid-- {
		all = append(all, process{pid: pid, parent: pid - 1, session: pid})
	}
	for b.Loop() {
		if len(session(all, 2)) != 499 {
			b.Fatal("some are missing")
		}
	}
}
