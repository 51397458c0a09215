package testrun

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	many := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "%d\n", i)
		}
		return b.String()
	}
	for _, c := range []struct{ name, a, b, want string }{
		{"the same", "a\nb\n", "a\nb\n", ""},
		{"changed", "a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n"},
		{"more at the end", "a\n", "a\nb\n", "  a\n+ b\n"},
		{"less at the start", "a\nb\n", "b\n", "- a\n  b\n"},
		{"nothing and something", "", "b\n", "- \n+ b\n"},
		{
			"two places far apart", "x\n" + many(1, 20) + "y\n", many(1, 20),
			"- x\n  1\n  2\n  3\n  ...\n  18\n  19\n  20\n- y\n",
		},
		{"what is between stays", "a\nk\nb\n", "c\nk\nd\n", "- a\n+ c\n  k\n- b\n+ d\n"},
	} {
		if got := Diff([]byte(c.a), []byte(c.b)); got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.name, got, c.want)
		}
	}
}

func TestDiffOfTooMuchSaysSo(t *testing.T) {
	long := strings.Repeat("line\n", maxDiff+100)
	got := Diff([]byte("first\n"+long), []byte(long))
	if !strings.HasPrefix(got, "- first\n") || !strings.Contains(got, "only the first 2000 lines are compared") {
		t.Errorf("the difference of long outputs:\n%.200s", got)
	}
}

// FuzzDiff: a line that is not marked is in both, and every line of the beginnings with a mark is where it says.
func FuzzDiff(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("b\nc\nd\n"))
	f.Add([]byte(""), []byte("\n\n\x00"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, _ := linesOf(a)
		y, _ := linesOf(b)
		if len(x) > 200 || len(y) > 200 {
			return // the table is quadratic
		}
		var first, second []string
		for _, line := range common(nil, x, y) {
			if line.mark != '+' {
				first = append(first, line.text)
			}
			if line.mark != '-' {
				second = append(second, line.text)
			}
		}
		if strings.Join(first, "\n") != strings.Join(x, "\n") || strings.Join(second, "\n") != strings.Join(y, "\n") {
			t.Errorf("the edit is none of %q to %q", x, y)
		}
		Diff(a, b)
	})
}
