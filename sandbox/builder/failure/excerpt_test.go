package failure

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	var all []string
	for n := range 30 {
		all = append(all, strconv.Itoa(n+1))
	}
	text := strings.Join(all, "\r\n") + "\n"
	for name, c := range map[string]struct{ first, last, from, to int }{
		"the middle":          {10, 11, 8, 13},
		"the beginning":       {1, 1, 1, 3},
		"the end":             {30, 30, 28, 30},
		"no end said":         {5, 0, 3, 7},
		"more than is shown":  {10, 29, 8, 19},
		"no line is to blame": {0, 0, 0, 0},
	} {
		got, from := Excerpt(text, c.first, c.last)
		want := all[max(0, c.from-1):c.to]
		if from != c.from || !slices.Equal(got, want) {
			t.Errorf("%s: %d %q, want %d %q", name, from, got, c.from, want)
		}
	}
	if got, _ := Excerpt(strings.Repeat("ü", 1000), 1, 1); len(got) != 1 || len(got[0]) > 503 {
		t.Errorf("a long line: %q", got)
	}
}
