package sandbox

import (
	"bytes"
	"testing"
	"time"
)

func TestAsides(t *testing.T) {
	for name, c := range map[string]struct {
		printed []string
		shown   bool
		again   string // of the line that the program is at
	}{
		"nothing yet":          {nil, true, ""},
		"a prompt":             {[]string{"one\r\n$ ls"}, true, "$ ls"},
		"in pieces":            {[]string{"one\r", "\n", "$ ", "l"}, true, "$ l"},
		"colours":              {[]string{"x\n\x1b[1;32m$\x1b[0m "}, true, "\x1b[1;32m$\x1b[0m "},
		"a title":              {[]string{"x\n\x1b]0;ho\nme\x07$ "}, true, "\x1b]0;ho\nme\x07$ "},
		"a title, by ST":       {[]string{"x\n\x1b]0;home\x1b\\$ "}, true, "\x1b]0;home\x1b\\$ "},
		"cleared":              {[]string{"old\x1b[H\x1b[2J$ "}, true, "$ "},
		"edited in the line":   {[]string{"$ lx\b\x1b[Ks"}, true, "$ lx\b\x1b[Ks"},
		"an editor":            {[]string{"$ vi\r\n\x1b[?1049h\x1b[1;1Htext"}, false, ""},
		"an editor, in pieces": {[]string{"\x1b[?10", "49", "h"}, false, ""},
		"several modes":        {[]string{"\x1b[?25;1049h"}, false, ""},
		"another mode":         {[]string{"\x1b[?2004h$ "}, true, "\x1b[?2004h$ "},
		"not a private one":    {[]string{"\x1b[47h$ "}, true, "\x1b[47h$ "},
		"after an editor":      {[]string{"\x1b[?1049htext\x1b[?1049l$ "}, true, "$ "},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			a := newAsides(&out)
			for _, text := range c.printed {
				if _, err := a.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			out.Reset()
			a.wrote = time.Time{}
			if got := a.show("told\nmore\n", false); got != c.shown {
				t.Fatalf("shown: %v", got)
			}
			want := ""
			if c.shown {
				want = "\r\x1b[Ktold\r\nmore\r\n" + c.again
			}
			if out.String() != want {
				t.Errorf("got %q, want %q", out.String(), want)
			}
		})
	}
}

// A program that prints without a pause is not interrupted in a line, but does not keep others silent for ever.
func TestAsidesWait(t *testing.T) {
	var out bytes.Buffer
	a := newAsides(&out)
	_, _ = a.Write([]byte("busy"))
	if a.show("told", false) {
		t.Error("shown while the program writes")
	}
	if !a.show("told", true) {
		t.Error("not shown to the impatient")
	}
}

// Lines that nobody can be shown any more do not keep the goroutine.
func TestAsidesEnd(t *testing.T) {
	a := newAsides(&bytes.Buffer{})
	_, _ = a.Write([]byte("\x1b[?1049h"))
	lines, ended, done := make(chan string, 1), make(chan struct{}), make(chan struct{})
	go func() { defer close(done); a.tell(lines, ended) }()
	lines <- "told"
	close(ended)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
}
