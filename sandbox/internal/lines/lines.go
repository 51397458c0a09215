// Package lines makes lines of what a command prints. It answers: which lines were
// printed, and which were the last?
package lines

import (
	"bytes"
	"strings"
)

// Writer says what is written to it line by line. Of a line that is written
// over again and again, as progress is shown, it says the last state.
type Writer struct {
	Say     func(string)
	pending []byte
}

const maxLine = 16 << 10 // a longer one is broken

// Write never fails.
func (l *Writer) Write(b []byte) (int, error) {
	n := len(b)
	for end := bytes.IndexByte(b, '\n'); end >= 0; end = bytes.IndexByte(b, '\n') {
		l.line(append(l.pending, b[:end]...))
		l.pending, b = nil, b[end+1:]
	}
	l.pending = append(l.pending, b...)
	if len(l.pending) > maxLine {
		l.line(l.pending)
		l.pending = nil
	}
	return n, nil
}

// End says what has no end of line.
func (l *Writer) End() {
	if len(l.pending) > 0 {
		l.line(l.pending)
		l.pending = nil
	}
}

func (l *Writer) line(line []byte) {
	line = bytes.TrimRight(line, "\r")
	if at := bytes.LastIndexByte(line, '\r'); at >= 0 {
		line = line[at+1:]
	}
	l.Say(strings.ToValidUTF8(string(line), "\uFFFD"))
}

// Last is how many lines an error shows.
const Last = 10

// Tail keeps the last lines.
type Tail struct{ Lines []string }

// Add adds one.
func (t *Tail) Add(line string) {
	t.Lines = append(t.Lines, Cut(line))
	if extra := len(t.Lines) - Last; extra > 0 {
		t.Lines = t.Lines[extra:]
	}
}

const maxShown = 500 // bytes of a line that an error shows

// Cut is as much of a line as an error shows.
func Cut(line string) string {
	if len(line) > maxShown {
		line = strings.ToValidUTF8(line[:maxShown], "") + "..."
	}
	return line
}
