package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// progress is one transfer on its way.
type progress struct {
	begun time.Time
	first int64 // what was there when it began
	drawn time.Time
}

// redraw is the least time between two states of a line.
const redraw = 100 * time.Millisecond

// line is what to show of a transfer now; empty when the last line is fresh enough.
func (p *progress) line(e spec.Event, now time.Time) string {
	if p.begun.IsZero() {
		p.begun, p.first = now, e.Done
	}
	if now.Sub(p.drawn) < redraw && e.Done < e.Total {
		return ""
	}
	p.drawn = now
	text := Bytes(e.Done)
	if e.Total > 0 {
		text = bar(e.Done, e.Total) + " " + text + " of " + Bytes(e.Total)
	}
	rate := float64(e.Done-p.first) / max(now.Sub(p.begun).Seconds(), 0.001)
	if now.Sub(p.begun) < redraw || rate <= 0 {
		return text
	}
	text += fmt.Sprintf(", %s/s", Bytes(int64(rate)))
	if left := float64(e.Total-e.Done) / rate; left > 0 {
		text += ", " + Age(time.Duration(left*float64(time.Second))) + " left"
	}
	return text
}

func bar(done, total int64) string {
	const width = 10
	full := int(min(done, total) * width / total)
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
}
