package ui_test

import (
	"bytes"
	"testing"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
)

func TestCleanMakesForeignTextHarmless(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":               {"hello-4f2a", "hello-4f2a"},
		"unicode":             {"/home/zoë/项目", "/home/zoë/项目"},
		"emoji with joiner":   {"👩\u200d💻", "👩\u200d💻"},
		"colour":              {"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		"clipboard":           {"a\x1b]52;c;ZXZpbA==\x07b", `a\x1b]52;c;ZXZpbA==\x07b`},
		"one byte CSI":        {"a\u009b2Jb", `a\x9b2Jb`},
		"broken UTF-8":        {"a\x9b2J\xff", `a\x9b2J\xff`},
		"line end":            {"a\nhint: rm -rf ~", `a\nhint: rm -rf ~`},
		"carriage return":     {"evil\rgood", `evil\rgood`},
		"backspace":           {"ab\x08", `ab\x08`},
		"right to left":       {"a\u202egpj.exe", `a\u202egpj.exe`},
		"isolate":             {"a\u2066b", `a\u2066b`},
		"line separator":      {"a\u2028b", `a\u2028b`},
		"replacement itself":  {"a\uFFFDb", "a\uFFFDb"},
		"delete and a byte 0": {"\x7f\x00", `\x7f\x00`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ui.Clean(c.in); got != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestLinesKeepsLineEnds(t *testing.T) {
	if got, want := ui.Lines("a\tb\n\x1bc\r\n"), "a\tb\n\\x1bc\\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFilterPassesColoursAlone(t *testing.T) {
	const in = "\x1b[1;31mred\x1b[0m \x1b]52;c;eA==\x07 \x1b[2J \x1b[31 50%\r100%\r\n zoë \x1b"
	const want = "\x1b[1;31mred\x1b[0m \\x1b]52;c;eA==\\x07 \\x1b[2J \\x1b[31 50%\r100%\r\n zoë \\x1b"
	for _, size := range []int{1, 2, 3, 7, len(in)} { // however it is cut
		var out bytes.Buffer
		f := ui.NewFilter(&out)
		for rest := []byte(in); len(rest) > 0; {
			n := min(size, len(rest))
			if _, err := f.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("in pieces of %d: got %q, want %q", size, out.String(), want)
		}
	}
}

func FuzzFilterNeverPassesAnEscape(f *testing.F) {
	f.Add([]byte("\x1b[31m\x1b]0;x\x07"), 3)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		var out bytes.Buffer
		w := ui.NewFilter(&out)
		cut = min(max(cut, 0), len(in))
		_, _ = w.Write(in[:cut])
		_, _ = w.Write(in[cut:])
		_ = w.Close()
		for rest := out.Bytes(); ; {
			i := bytes.IndexByte(rest, 0x1b)
			if i < 0 {
				return
			}
			rest = rest[i+1:]
			end := bytes.IndexByte(rest, 'm')
			if end < 1 || rest[0] != '[' || len(bytes.Trim(rest[1:end], "0123456789;")) > 0 {
				t.Fatalf("%q became %q", in, out.Bytes())
			}
		}
	})
}
