package sandbox

import (
	"io"
	"strings"
	"sync"
	"time"
)

// asides shows lines of ours on a terminal that a program has: above the line that it is at, which
// is written again below them, and not while it has the whole screen.
type asides struct {
	mu    sync.Mutex
	out   io.Writer
	line  screenLine
	wrote time.Time // when the program wrote last
}

func newAsides(out io.Writer) *asides { return &asides{out: out} }

// Write passes on what the program prints.
func (a *asides) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.line.add(b)
	a.wrote = time.Now()
	return a.out.Write(b)
}

// asidePause is how long a program must not have written to be between two lines.
const asidePause = 50 * time.Millisecond

// tell shows what comes, until ended is closed.
func (a *asides) tell(lines <-chan string, ended <-chan struct{}) {
	for {
		select {
		case text, more := <-lines:
			if !more {
				return
			}
			for began := time.Now(); !a.show(text, time.Since(began) > 20*asidePause); {
				select {
				case <-ended:
					return
				case <-time.After(asidePause):
				}
			}
		case <-ended:
			return
		}
	}
}

// show shows lines, and reports false where it is not the time for that.
func (a *asides) show(text string, impatient bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.line.whole || !impatient && time.Since(a.wrote) < asidePause {
		return false
	}
	text = "\r\x1b[K" + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\r\n") + "\r\n"
	if len(a.line.text) < longestScreenLine {
		text += string(a.line.text)
	}
	_, _ = io.WriteString(a.out, text) // a terminal that is gone is seen by the program
	return true
}

// screenLine follows what a program writes to a terminal, as far as asides need it: control
// sequences as of ECMA-48, section 5.4, and those that xterm has for its second screen.
type screenLine struct {
	whole bool   // the program has the second screen: it draws all of it
	text  []byte // since the beginning of the line, when that is known

	state  byte   // of a sequence: 0, ESC, '[', or ']' for one that ends otherwise
	params []byte // of one that begins with ESC [
}

// longestScreenLine is how much of a line is kept. A longer one is not written again.
const longestScreenLine = 4 << 10

func (l *screenLine) add(b []byte) {
	for _, c := range b {
		if len(l.text) < longestScreenLine {
			l.text = append(l.text, c)
		}
		switch {
		case l.state == 0x1b && c == '[':
			l.state, l.params = '[', l.params[:0]
		case l.state == 0x1b && (c == ']' || c == 'P' || c == '_' || c == '^'):
			l.state = ']'
		case l.state == 0x1b:
			l.state = 0
		case l.state == '[' && c >= 0x40 && c <= 0x7e:
			l.state = 0
			l.control(string(l.params), c)
		case l.state == '[':
			if len(l.params) < 32 {
				l.params = append(l.params, c)
			}
		case l.state == ']' && c == 0x07:
			l.state = 0
		case c == 0x1b: // also the end of a string: ESC \
			l.state = c
		case l.state == 0 && c == '\n':
			l.text = l.text[:0]
		}
	}
}

// control takes one sequence ESC [ params final.
func (l *screenLine) control(params string, final byte) {
	switch final {
	case 'h', 'l':
		modes, private := strings.CutPrefix(params, "?")
		for mode := range strings.SplitSeq(modes, ";") {
			if private && (mode == "47" || mode == "1047" || mode == "1049") {
				l.whole = final == 'h'
				l.text = l.text[:0]
			}
		}
	case 'A', 'B', 'E', 'F', 'H', 'J', 'L', 'M', 'S', 'T', 'd', 'f':
		l.text = l.text[:0] // elsewhere, or nothing of it is left
	}
}
