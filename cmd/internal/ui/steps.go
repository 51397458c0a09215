package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// steps are those of a build that are under way.
type steps struct {
	active []*activeStep // in the order of their beginning
	last   int           // plain: whose line was written last
	drawn  int           // moving: lines that are written over the next time
	tick   *time.Ticker
	done   chan struct{}
}

type activeStep struct {
	number int
	name   string
	begun  time.Time
	tail   []string // the last lines of its output
}

const (
	tailShown   = 4
	redrawSteps = 200 * time.Millisecond
)

func (s *steps) shown() bool { return len(s.active) > 0 }

func (s *steps) find(number int) *activeStep {
	for _, a := range s.active {
		if a.number == number {
			return a
		}
	}
	return nil
}

// step tells of a step of a build. The caller holds the lock.
func (s *Story) step(e spec.Event) {
	if e.State == "cached" && !s.Cached {
		return
	}
	if s.Moving && !s.Verbose {
		s.movingStep(e)
		return
	}
	s.plainStep(e)
}

// plainStep writes lines as BuildKit's plain progress has them.
func (s *Story) plainStep(e spec.Event) {
	w := &s.steps
	if e.Kind == "output" {
		a := w.find(e.Step)
		if a == nil {
			return
		}
		s.turnTo(a)
		s.put(fmt.Sprintf("#%d %.3f %s\n", e.Step, time.Since(a.begun).Seconds(), Lines(e.Detail)))
		return
	}
	if e.State == "start" {
		a := &activeStep{number: e.Step, name: e.Name, begun: time.Now()}
		w.active = append(w.active, a)
		s.turnTo(a)
		return
	}
	a := w.find(e.Step)
	if a == nil {
		a = &activeStep{number: e.Step, name: e.Name}
	}
	s.turnTo(a)
	s.put(fmt.Sprintf("#%d %s\n", e.Step, plainResult(e)))
	w.active = slices.DeleteFunc(w.active, func(x *activeStep) bool { return x.number == e.Step })
}

func plainResult(e spec.Event) string {
	switch e.State {
	case "cached":
		return "CACHED"
	case "failed":
		return "ERROR"
	}
	return fmt.Sprintf("DONE %.1fs", e.Elapsed.Seconds())
}

// turnTo names a step where another one's line stands above.
func (s *Story) turnTo(a *activeStep) {
	if s.steps.last == a.number {
		return
	}
	if s.steps.last != 0 {
		s.put("\n")
	}
	s.put(fmt.Sprintf("#%d %s\n", a.number, Clean(a.name)))
	s.steps.last = a.number
}

// movingStep keeps the steps that run below those that are done.
func (s *Story) movingStep(e spec.Event) {
	w := &s.steps
	s.erase()
	switch {
	case e.Kind == "output":
		if a := w.find(e.Step); a != nil {
			a.tail = append(a.tail, strings.ReplaceAll(Lines(e.Detail), "\t", "    "))
			a.tail = a.tail[max(0, len(a.tail)-tailShown):]
		}
	case e.State == "start":
		w.active = append(w.active, &activeStep{number: e.Step, name: e.Name, begun: time.Now()})
		s.animate()
	default:
		w.active = slices.DeleteFunc(w.active, func(x *activeStep) bool { return x.number == e.Step })
		s.put(s.doneStep(e) + "\n")
		if len(w.active) == 0 {
			s.stopSteps()
		}
	}
	s.drawSteps()
}

func (s *Story) doneStep(e spec.Event) string {
	columns, _ := s.size()
	name := padTo(cutTo(Clean(e.Name), nameCells(columns)), nameCells(columns))
	switch e.State {
	case "cached":
		return s.Paint.Good(" ok") + "  " + name + " cached"
	case "failed":
		return s.Paint.Bad(" no") + "  " + name + " failed"
	}
	return s.Paint.Good(" ok") + "  " + name + " " + Duration(e.Elapsed)
}

func (s *Story) drawSteps() {
	columns, rows := s.size()
	lines := drawing(s.steps.active, columns, rows, time.Now())
	if len(lines) > 0 {
		s.put(strings.Join(lines, "\n") + "\n")
	}
	s.steps.drawn = len(lines)
}

// drawing is what is drawn of the steps that run: no line is wider than the terminal and there are not
// more of them than it has rows, or they could not be taken away again.
func drawing(active []*activeStep, columns, rows int, now time.Time) []string {
	room := max(1, rows-2)
	tail := tailShown
	if n := len(active); n > 0 {
		tail = max(0, min(tail, (room-n)/n))
	}
	var out []string
	for i, a := range active {
		if len(active)-i > 1 && len(out) >= room-1 {
			return append(out, cutTo(fmt.Sprintf(" ..  and %d more", len(active)-i), columns-1))
		}
		name := nameCells(columns)
		out = append(out, fmt.Sprintf(" ..  %s %.1f s", padTo(cutTo(Clean(a.name), name), name), now.Sub(a.begun).Seconds()))
		for _, line := range a.tail[max(0, len(a.tail)-tail):] {
			out = append(out, "     "+cutTo(line, columns-6))
		}
	}
	return out
}

// nameCells is the room for the name of a step: the mark before it and the time behind it take the rest.
func nameCells(columns int) int { return max(8, min(64, columns-16)) }

func (s *Story) size() (columns, rows int) {
	if s.Size != nil {
		columns, rows = s.Size()
	}
	if columns <= 0 || rows <= 0 {
		return 80, 24
	}
	return columns, rows
}

// eraseSteps takes away what is written over.
func (s *Story) eraseSteps() {
	if n := s.steps.drawn; n > 0 {
		s.put(fmt.Sprintf("\x1b[%dA\r\x1b[J", n))
		s.steps.drawn = 0
	}
}

// animate counts the seconds of the steps that run, until EndSteps.
func (s *Story) animate() {
	w := &s.steps
	if w.tick != nil {
		return
	}
	w.tick, w.done = time.NewTicker(redrawSteps), make(chan struct{})
	go func(tick *time.Ticker, done chan struct{}) {
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.mu.Lock()
				if s.steps.drawn > 0 {
					s.eraseSteps()
					s.drawSteps()
				}
				s.mu.Unlock()
			}
		}
	}(w.tick, w.done)
}

// EndSteps is said when a build has ended: nothing moves any more.
func (s *Story) EndSteps() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endSteps()
}

func (s *Story) endSteps() {
	s.eraseSteps()
	s.stopSteps()
	if s.steps.last != 0 {
		s.put("\n")
	}
	s.steps = steps{}
}

func (s *Story) stopSteps() {
	if w := &s.steps; w.tick != nil {
		w.tick.Stop()
		close(w.done)
		w.tick = nil
	}
}

// cutTo makes a line at most n cells wide.
func cutTo(line string, n int) string {
	if n = max(n, 3); cells(line) <= n {
		return line
	}
	at := 0
	for i, r := range line {
		if at += cellsOf(r); at > n-3 {
			return line[:i] + "..."
		}
	}
	return line
}

func padTo(line string, n int) string { return line + strings.Repeat(" ", max(0, n-cells(line))) }

func cells(line string) (n int) {
	for _, r := range line {
		n += cellsOf(r)
	}
	return n
}

// cellsOf takes what may be wide for wide: a line that is too short can be written over.
func cellsOf(r rune) int {
	if r >= 0x1100 && (r < 0x2000 || r > 0x25ff) {
		return 2
	}
	return 1
}
