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
	name := cutTo(Clean(e.Name), 64)
	switch e.State {
	case "cached":
		return s.Paint.Good(" ok") + "  " + fmt.Sprintf("%-64s", name) + " cached"
	case "failed":
		return s.Paint.Bad(" no") + "  " + fmt.Sprintf("%-64s", name) + " failed"
	}
	return s.Paint.Good(" ok") + "  " + fmt.Sprintf("%-64s", name) + " " + Duration(e.Elapsed)
}

func (s *Story) drawSteps() {
	var b strings.Builder
	n := 0
	for _, a := range s.steps.active {
		fmt.Fprintf(&b, " ..  %-64s %.1f s\n", cutTo(Clean(a.name), 64), time.Since(a.begun).Seconds())
		n++
		for _, line := range a.tail {
			b.WriteString("     " + cutTo(line, 74) + "\n")
			n++
		}
	}
	s.put(b.String())
	s.steps.drawn = n
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

func cutTo(line string, n int) string {
	if r := []rune(line); len(r) > n {
		return string(r[:n-3]) + "..."
	}
	return line
}
