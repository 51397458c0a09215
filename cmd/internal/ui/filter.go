package ui

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// Filter is a writer for what programs inside a sandbox printed, on its way to
// a terminal: colours pass, everything else that a terminal would obey is made
// visible. It keeps an unfinished character or sequence until the next Write,
// or Close. It does not close w.
type Filter struct {
	w       io.Writer
	pending []byte
}

// NewFilter filters what goes to w.
func NewFilter(w io.Writer) *Filter { return &Filter{w: w} }

// A longer sequence than this is no colour.
const longestColor = 32

func (f *Filter) Write(p []byte) (int, error) {
	in := append(f.pending, p...)
	var out bytes.Buffer
	used := filter(&out, in, false)
	f.pending = append([]byte(nil), in[used:]...)
	if _, err := f.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what was kept.
func (f *Filter) Close() error {
	var out bytes.Buffer
	filter(&out, f.pending, true)
	f.pending = nil
	_, err := f.w.Write(out.Bytes())
	return err
}

// filter copies from in to out and returns how much of in it used; at the end
// of the input it uses all.
func filter(out *bytes.Buffer, in []byte, end bool) int {
	for i := 0; i < len(in); {
		rest := in[i:]
		if n, whole := color(rest); n > 0 {
			if !whole && !end {
				return i
			}
			if whole {
				out.Write(rest[:n])
				i += n
				continue
			}
		}
		if !utf8.FullRune(rest) && !end {
			return i
		}
		_, n := utf8.DecodeRune(rest)
		if in[i] == '\r' { // progress bars; harmless without a cursor movement
			out.WriteByte('\r')
		} else {
			out.WriteString(Lines(string(rest[:n])))
		}
		i += n
	}
	return len(in)
}

// color measures a colour sequence, ESC [ digits and semicolons m, at the
// start of b. n is 0 when there is none; whole is false when more may follow.
func color(b []byte) (n int, whole bool) {
	if b[0] != 0x1b {
		return 0, false
	}
	if len(b) == 1 {
		return 1, false
	}
	if b[1] != '[' {
		return 0, false
	}
	for i := 2; i < len(b) && i < longestColor; i++ {
		switch c := b[i]; {
		case c == 'm':
			return i + 1, true
		case c != ';' && (c < '0' || c > '9'):
			return 0, false
		}
	}
	if len(b) >= longestColor {
		return 0, false
	}
	return len(b), false
}

// colored is one line with its colours, the last of which ends with it.
func colored(line string) string {
	var out bytes.Buffer
	filter(&out, []byte(line), true)
	if bytes.ContainsRune(out.Bytes(), 0x1b) {
		out.WriteString("\x1b[0m")
	}
	return out.String()
}
