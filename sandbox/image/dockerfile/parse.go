// Package dockerfile answers: what does a Dockerfile say is to be done? It
// reads the text, finds the stages that a build needs, and turns their
// instructions into steps. It reads no file and runs nothing.
//
// The text is parsed by BuildKit's own packages, so that what works there reads
// the same here.
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// MaxSize bounds the text of a Dockerfile.
const MaxSize = 1 << 20

// maxStages and maxSteps bound what a build may consist of.
const (
	maxStages = 500
	maxSteps  = 5000
)

// Error is a mistake in a Dockerfile.
type Error struct {
	File      string
	Line, End int // the first is 1; 0: of the file as a whole
	Err       error
}

func (e *Error) Error() string {
	what := printable(e.Err.Error()) // which may quote the file
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", printable(e.File), what)
	}
	return fmt.Sprintf("%s:%d: %s", printable(e.File), e.Line, what)
}

func (e *Error) Unwrap() error { return e.Err }

// File is a parsed Dockerfile.
type File struct {
	Name string
	Text []byte
	// Syntax is the program that a "# syntax" line names, which is not used.
	Syntax string

	escape rune
	stages []instructions.Stage
	args   []instructions.ArgCommand // before the first FROM
}

// Parse reads the text of a Dockerfile; name is for messages. Errors are *Error.
func Parse(name string, text []byte) (*File, error) {
	f := &File{Name: name, Text: text}
	switch {
	case len(text) > MaxSize:
		return nil, &Error{File: name, Err: fmt.Errorf("larger than %d bytes", MaxSize)}
	case len(bytes.TrimSpace(text)) == 0:
		return nil, &Error{File: name, Err: errors.New("empty")}
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, f.located(err)
	}
	f.escape = parsed.EscapeToken
	f.Syntax, _, _, _ = parser.DetectSyntax(text)
	if f.stages, f.args, err = instructions.Parse(parsed.AST, nil); err != nil {
		return nil, f.located(err)
	}
	if len(f.stages) == 0 {
		return nil, &Error{File: name, Err: errors.New("no FROM in it")}
	}
	return f, f.bounded()
}

func (f *File) bounded() error {
	if len(f.stages) > maxStages {
		return &Error{File: f.Name, Err: fmt.Errorf("more than %d stages", maxStages)}
	}
	n := 0
	for _, s := range f.stages {
		n += len(s.Commands)
	}
	if n > maxSteps {
		return &Error{File: f.Name, Err: fmt.Errorf("more than %d instructions", maxSteps)}
	}
	return nil
}

// located makes an *Error of what a parser said.
func (f *File) located(err error) error {
	e := &Error{File: f.Name, Err: err}
	var at *parser.LocationError
	if errors.As(err, &at) {
		for _, ranges := range at.Locations {
			if len(ranges) > 0 {
				e.Line, e.End = lines(ranges)
				break
			}
		}
	}
	// The innermost cause reads better than a chain that repeats the line.
	var unknown *instructions.UnknownInstructionError
	if errors.As(err, &unknown) {
		e.Line, e.End = unknown.Line, unknown.Line
		e.Err = fmt.Errorf("unknown instruction: %s", printable(unknown.Instruction))
		return e
	}
	text := err.Error()
	if _, rest, ok := strings.Cut(text, "dockerfile parse error on line "); ok {
		if _, rest, ok = strings.Cut(rest, ": "); ok {
			text = rest
		}
	}
	e.Err = errors.New(printable(text))
	return e
}

// at is an error at an instruction.
func (f *File) at(where []parser.Range, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	line, end := lines(where)
	return &Error{File: f.Name, Line: line, End: end, Err: err}
}

func lines(where []parser.Range) (first, last int) {
	if len(where) == 0 {
		return 0, 0
	}
	return where[0].Start.Line, max(where[0].Start.Line, where[len(where)-1].End.Line)
}

// printable is a text of the file that may be shown.
func printable(s string) string {
	const longest = 1000
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "..."
	}
	return s
}
