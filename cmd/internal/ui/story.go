package ui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Story writes what happens, as it happens, to standard error. It may be told
// of events from several goroutines.
type Story struct {
	W       io.Writer
	JSON    bool // one JSON object a line
	Quiet   bool // errors only
	Verbose bool // also what starts
	Moving  bool // W is a terminal: a line may be written over
	// Size is that of the terminal; nil: 80 by 24.
	Size   func() (columns, rows int)
	Paint  Paint
	Cached bool          // also steps of a build that were done before
	Slow   time.Duration // where nothing moves, what takes longer is told of before it ends; 0: nothing is

	mu   sync.Mutex
	open bool // an unfinished "start" line stands on the terminal
	way  progress
	late *time.Timer // tells of what started last, unless its result comes first

	steps steps // of a build
}

// Event renders e.
func (s *Story) Event(e spec.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.Quiet && e.State != "failed":
	case s.JSON:
		s.jsonEvent(e)
	default:
		s.textEvent(e)
	}
}

// Note tells of something that is no failure.
func (s *Story) Note(text string) { s.Event(spec.Event{Kind: "note", Detail: text}) }

// Fact adds a line below the events: its name and its value.
func (s *Story) Fact(name, value string) {
	s.Event(spec.Event{Kind: "fact", Name: name, Detail: value})
}

// Errors gives write the place for an error, on a line of its own.
func (s *Story) Errors(write func(w io.Writer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm()
	s.erase()
	s.endSteps()
	write(s.W)
}

func (s *Story) textEvent(e spec.Event) {
	switch {
	case e.Step > 0:
		s.step(e)
		return
	case s.steps.shown() && e.Kind == "progress":
		return
	case e.Kind == "progress":
		s.progress(e)
		return
	case e.State == "start":
		s.way = progress{}
		s.start(e)
		return
	}
	s.calm()
	line := s.text(e)
	if line == "" {
		return
	}
	s.erase()
	if s.steps.last != 0 {
		s.put("\n")
		s.steps.last = 0
	}
	s.put(line + "\n")
	if s.Moving && !s.Verbose {
		s.drawSteps()
	}
}

// put writes text. A standard error that cannot be written to leaves nobody to
// tell.
func (s *Story) put(text string) { _, _ = io.WriteString(s.W, text) }

// start shows what goes on: on a terminal as a line that its result replaces,
// elsewhere only to those who want it all.
func (s *Story) start(e spec.Event) {
	line := row(" ..", e.Kind, e.Name, Clean(e.Detail))
	switch {
	case s.Moving && !s.Verbose:
		s.erase()
		s.put(cut(line))
		s.open = true
	case s.Verbose:
		s.put(line + "\n")
	case s.Slow > 0:
		s.calm()
		s.late = time.AfterFunc(s.Slow, func() { s.tellLate(line) })
	}
}

// tellLate keeps a log from being silent for minutes.
func (s *Story) tellLate(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late != nil {
		s.put(line + "\n")
		s.late = nil
	}
}

// calm: there is a result, or another start. The caller holds the lock.
func (s *Story) calm() {
	if s.late != nil {
		s.late.Stop()
		s.late = nil
	}
}

// progress moves a line on a terminal, and says nothing elsewhere.
func (s *Story) progress(e spec.Event) {
	if !s.Moving || s.Verbose {
		return
	}
	if text := s.way.line(e, time.Now()); text != "" {
		s.erase()
		s.put(cut(strings.TrimRight(fmt.Sprintf(" ..  image     %-22s %s", Clean(e.Name), text), " ")))
		s.open = true
	}
}

func (s *Story) erase() {
	s.eraseSteps()
	if s.open {
		s.put("\r\x1b[K")
		s.open = false
	}
}

// cut keeps a line that will be written over from wrapping on any usual
// terminal: only the last row of a wrapped line can be erased.
func cut(line string) string {
	const narrow = 79
	if r := []rune(line); len(r) > narrow {
		return string(r[:narrow-3]) + "..."
	}
	return line
}

// row lays out one line of the story; the columns are those of every line.
func row(mark, kind, name, result string) string {
	return strings.TrimRight(fmt.Sprintf("%-4s %-9s %-30s %s", mark, Clean(kind), Clean(name), result), " ")
}
