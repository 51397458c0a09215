package ui

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// Aside has write print something else on the terminal: what stands there
// unfinished is taken away before.
func (s *Story) Aside(write func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	write()
}

// Entered is said when somebody has typed a line below what stands there unfinished, which is taken away.
func (s *Story) Entered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		s.put("\x1b[1A") // the line that both stand on
		s.erase()
	}
}

// Beside writes what a program prints to the terminal that the story is told on.
type Beside struct {
	Story *Story
	W     io.Writer
	open  bool // its last line has no end; guarded by the story's mu
}

func (b *Beside) Write(p []byte) (n int, err error) {
	b.Story.Aside(func() {
		n, err = b.W.Write(p)
		b.open = n > 0 && p[n-1] != '\n'
	})
	return n, err
}

// End ends the last line where the program did not.
func (b *Beside) End() {
	b.Story.Aside(func() {
		if b.open {
			_, _ = io.WriteString(b.W, "\n")
		}
		b.open = false
	})
}

// LineWriter says what is written to it line by line. Of a line that is written over again
// and again it says the last state.
type LineWriter struct {
	Say     func(line string)
	mu      sync.Mutex
	pending []byte
}

const longestLine = 16 << 10 // a longer one is broken

func (l *LineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = append(l.pending, p...)
	for {
		end := bytes.IndexByte(l.pending, '\n')
		if end < 0 && len(l.pending) > longestLine {
			end = longestLine
		}
		if end < 0 {
			return len(p), nil
		}
		l.say(l.pending[:end])
		l.pending = l.pending[min(end+1, len(l.pending)):]
	}
}

// End says what has no end of line.
func (l *LineWriter) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) > 0 {
		l.say(l.pending)
		l.pending = nil
	}
}

func (l *LineWriter) say(line []byte) {
	line = bytes.TrimRight(line, "\r")
	if at := bytes.LastIndexByte(line, '\r'); at >= 0 {
		line = line[at+1:]
	}
	l.Say(strings.ToValidUTF8(string(line), "\uFFFD"))
}

// Colored is one line of a program's output for a terminal: with its colours, and without
// anything else that a terminal would obey.
func Colored(line string) string { return colored(line) }

// Prefixed writes lines with a name in front.
func Prefixed(w io.Writer, name, line string) {
	_, _ = io.WriteString(w, name+" | "+line+"\n") // a reader that is gone wants none
}
