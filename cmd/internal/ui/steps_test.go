package ui

import (
	"strings"
	"testing"
	"time"
)

func TestDrawingFitsTheTerminal(t *testing.T) {
	now := time.Unix(100, 0)
	var active []*activeStep
	for i := range 9 {
		active = append(active, &activeStep{
			number: i, name: "[stage 2/3] RUN " + strings.Repeat("long ", 30), begun: now.Add(-90 * time.Second),
			tail: []string{"short", strings.Repeat("x", 500), strings.Repeat("宽", 100), "last"},
		})
	}
	for _, size := range [][2]int{{80, 24}, {50, 10}, {200, 60}, {20, 5}, {80, 1}} {
		for n := range len(active) + 1 {
			lines := drawing(active[:n], size[0], size[1], now)
			if len(lines) > max(1, size[1]-2) {
				t.Errorf("%d steps on %v: %d lines", n, size, len(lines))
			}
			for _, line := range lines {
				if size[0] >= 30 && cells(line) >= size[0] {
					t.Errorf("%d steps on %v: %d cells: %s", n, size, cells(line), line)
				}
			}
		}
	}
}

func TestDrawingShowsTheEndOfTheOutput(t *testing.T) {
	now := time.Unix(100, 0)
	a := &activeStep{name: "RUN make", begun: now.Add(-1500 * time.Millisecond), tail: []string{"1", "2", "3", "4"}}
	got := strings.Join(drawing([]*activeStep{a}, 40, 5, now), "\n")
	want := " ..  RUN make                 1.5 s\n     3\n     4"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	many := []*activeStep{a, a, a, a, a}
	if got := drawing(many, 40, 5, now); len(got) != 3 || got[2] != " ..  and 3 more" {
		t.Errorf("%q", got)
	}
}
