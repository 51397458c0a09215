package lines

import (
	"strings"
	"testing"
)

func TestLinesOfOutput(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"a\nb":           "a|b",
		"a\r\nb\r\n":     "a|b",
		"1%\r2%\rdone\n": "done",
		"\n\n":           "|",
		"one\xff\n":      "one\uFFFD",
		"\x1b[31mred\n":  "\x1b[31mred",
	} {
		for _, step := range []int{1, 2, 100} {
			var got []string
			w := &Writer{Say: func(s string) { got = append(got, s) }}
			for rest := in; rest != ""; rest = rest[min(step, len(rest)):] {
				if n, err := w.Write([]byte(rest[:min(step, len(rest))])); err != nil || n != min(step, len(rest)) {
					t.Error(n, err)
				}
			}
			w.End()
			if strings.Join(got, "|") != want {
				t.Errorf("%q in steps of %d: got %q", in, step, got)
			}
		}
	}
}

func TestALineWithoutAnEndIsBroken(t *testing.T) {
	longest := 0
	w := &Writer{Say: func(s string) { longest = max(longest, len(s)) }}
	for range 100 {
		_, _ = w.Write([]byte(strings.Repeat("x", 1000)))
	}
	if longest == 0 || longest > maxLine+1000 || len(w.pending) > maxLine {
		t.Errorf("a line of %d bytes, and %d more", longest, len(w.pending))
	}
	var tail Tail
	for range 100 {
		tail.Add(strings.Repeat("ü", 1000))
	}
	if len(tail.Lines) != Last || len(tail.Lines[0]) > maxShown+3 {
		t.Errorf("%d lines of %d bytes", len(tail.Lines), len(tail.Lines[0]))
	}
}
