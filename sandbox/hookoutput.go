package sandbox

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// logPrefix tells apart in the log what commands print that run side by side.
func logPrefix(name string) string {
	if _, entry, ok := strings.Cut(name, "."); ok {
		return entry + " | "
	}
	return ""
}

// lockedWriter lets several hooks write at once.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// lineWriter says what is written to it line by line. Of a line that is written
// over again and again, as progress is shown, it says the last state.
type lineWriter struct {
	say     func(string)
	pending []byte
}

const maxLine = 16 << 10 // a longer one is broken

func (l *lineWriter) Write(b []byte) (int, error) {
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

// end says what has no end of line.
func (l *lineWriter) end() {
	if len(l.pending) > 0 {
		l.line(l.pending)
		l.pending = nil
	}
}

func (l *lineWriter) line(line []byte) {
	line = bytes.TrimRight(line, "\r")
	if at := bytes.LastIndexByte(line, '\r'); at >= 0 {
		line = line[at+1:]
	}
	l.say(strings.ToValidUTF8(string(line), "\uFFFD"))
}

// lineTail keeps the last lines.
type lineTail struct{ lines []string }

const maxTailLine = 500 // bytes of a line that an error shows

func (t *lineTail) add(line string) {
	if len(line) > maxTailLine {
		line = strings.ToValidUTF8(line[:maxTailLine], "") + "..."
	}
	t.lines = append(t.lines, line)
	if extra := len(t.lines) - tailLines; extra > 0 {
		t.lines = t.lines[extra:]
	}
}

// tailWriter keeps the end of what is written to it.
type tailWriter struct {
	mu  sync.Mutex
	end []byte
}

const (
	tailBytes = 4 << 10
	tailLines = 10
)

func (t *tailWriter) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if cut := len(t.end) - tailBytes; cut > 0 {
		t.end = bytes.Clone(t.end[cut:])
	}
	return len(b), nil
}

func (t *tailWriter) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimRight(string(t.end), "\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-tailLines):]
}
