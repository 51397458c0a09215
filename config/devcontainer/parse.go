package devcontainer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// Bounds of a file, which may come from a stranger.
const (
	maxFile     = 1 << 20
	maxDepth    = 64
	maxProblems = 100
)

// Problem is one thing that is wrong with a file, or only odd.
type Problem struct {
	Line, Column int    // 1-based, in characters; 0: the file as a whole
	Key          string // the path of the property
	Message      string // names the property
	Nearest      string // the property that was probably meant
	Warning      bool   // the file counts all the same
}

// Parse reads a file. It is usable when no problem but warnings are reported.
func Parse(data []byte) (*File, []Problem) {
	d := &decoder{file: &File{At: map[string]Position{}}}
	root, ok := d.syntax(data)
	if !ok {
		return d.file, d.problems
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		d.failf(root, "", "expected an object, { ... }, found %s", describe(root))
		return d.file, d.problems
	}
	d.object(root, target(d.file), "")
	return d.file, d.problems
}

// syntax is the tree of the text.
func (d *decoder) syntax(data []byte) (hujson.Value, bool) {
	if len(data) > maxFile {
		d.problems = append(d.problems, Problem{Message: "larger than 1 MiB: this is no configuration"})
		return hujson.Value{}, false
	}
	d.data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(d.data)) == 0 {
		d.problems = append(d.problems, Problem{Line: 1, Column: 1, Message: "the file is empty: it needs at least {}"})
		return hujson.Value{}, false
	}
	if !utf8.Valid(d.data) {
		d.at(invalidAt(d.data), "not UTF-8 text")
		return hujson.Value{}, false
	}
	if at := tooDeep(d.data); at >= 0 {
		d.at(at, fmt.Sprintf("nested more than %d levels deep", maxDepth))
		return hujson.Value{}, false
	}
	// A comment on the last line may end with the file, which the library does not take.
	d.data = append(bytes.Clone(d.data), '\n')
	root, err := hujson.Parse(d.data)
	if err != nil {
		d.syntaxError(err)
		return root, false
	}
	return root, true
}

// syntaxError takes the place out of the library's message; its columns are bytes.
func (d *decoder) syntaxError(err error) {
	text := strings.TrimPrefix(err.Error(), "hujson: ")
	p := Problem{Line: 1, Column: 1}
	if n, _ := fmt.Sscanf(text, "line %d, column %d:", &p.Line, &p.Column); n == 2 {
		_, text, _ = strings.Cut(text, ": ")
		if lines := strings.Split(string(d.data), "\n"); p.Line >= 1 && p.Line <= len(lines) {
			line := lines[p.Line-1]
			p.Column = utf8.RuneCountInString(line[:min(max(0, p.Column-1), len(line))]) + 1
		}
	}
	p.Message = "not valid JSON: " + text
	d.problems = append(d.problems, p)
}

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// tooDeep is where brackets nest too deep for a parser that calls itself; -1: nowhere.
// Brackets in texts and comments do not count.
func tooDeep(data []byte) int {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case c == '\n':
			text = false // no text goes on, and a comment ends
		case text:
		case bytes.HasPrefix(data[i:], []byte("//")):
			if end := bytes.IndexByte(data[i:], '\n'); end >= 0 {
				i += end
			} else {
				return -1
			}
		case bytes.HasPrefix(data[i:], []byte("/*")):
			if end := bytes.Index(data[i+2:], []byte("*/")); end >= 0 {
				i += end + 3
			} else {
				return -1
			}
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}

// position of an offset.
func (d *decoder) position(offset int) Position {
	before := d.data[:min(max(0, offset), len(d.data))]
	line := bytes.Count(before, []byte("\n")) + 1
	start := bytes.LastIndexByte(before, '\n') + 1
	return Position{line, utf8.RuneCount(before[start:]) + 1}
}

// at records a problem at an offset.
func (d *decoder) at(offset int, message string) {
	p := d.position(offset)
	d.add(Problem{Line: p.Line, Column: p.Column, Message: message})
}

func (d *decoder) add(p Problem) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, p)
	}
}
