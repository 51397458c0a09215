package feature

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/tailscale/hujson"
)

// Bounds of what is read. The longest description of the official features has 12 kB.
const (
	MaxFile    = 1 << 20
	maxDepth   = 32
	maxEntries = 1000 // of one object or list
	maxText    = 64 << 10
)

// ParseError is a mistake in a file.
type ParseError struct {
	File         string
	Line, Column int
	Why          string
}

func (e *ParseError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Why
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Why)
}

// document is a JSON text with comments, and the first mistake in what it says.
type document struct {
	file string
	data []byte
	err  error
}

// parse reads JSON with comments and trailing commas.
func parse(file string, data []byte) (*document, *hujson.Object, error) {
	d := &document{file: file, data: data}
	switch {
	case len(data) > MaxFile:
		return d, nil, &ParseError{File: file, Why: fmt.Sprintf("larger than %d bytes", MaxFile)}
	case tooDeep(data):
		return d, nil, &ParseError{File: file, Why: fmt.Sprintf("nested more than %d deep", maxDepth)}
	}
	v, err := hujson.Parse(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if err != nil {
		return d, nil, syntaxError(file, err)
	}
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		d.fail(v, "expected an object")
		return d, nil, d.err
	}
	return d, o, nil
}

// tooDeep looks for nesting before anything recurses over it; what stands in texts
// and comments is counted too, which no honest file gets to the bound by.
func tooDeep(data []byte) bool {
	depth := 0
	inText, escaped := false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case inText && c == '\\':
			escaped = true
		case c == '"' || inText && c == '\n':
			inText = c == '"' && !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// syntaxError takes line and column out of what the library says: "hujson: line 3, column 4: ...".
func syntaxError(file string, err error) error {
	e := &ParseError{File: file, Why: err.Error()}
	text := strings.TrimPrefix(err.Error(), "hujson: ")
	if n, _ := fmt.Sscanf(text, "line %d, column %d: ", &e.Line, &e.Column); n == 2 {
		if _, why, ok := strings.Cut(text, ": "); ok {
			e.Why = printable(why)
		}
	}
	return e
}

// fail notes the first mistake.
func (d *document) fail(v hujson.Value, format string, args ...any) {
	if d.err != nil {
		return
	}
	before := d.data[:min(max(v.StartOffset, 0), len(d.data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
	d.err = &ParseError{File: d.file, Line: line, Column: column, Why: fmt.Sprintf(format, args...)}
}

// members calls do for each member, in order. Of a name that is there twice, the
// last one counts, as in every reader of JSON; do sees both.
func (d *document) members(v hujson.Value, key string, do func(name string, at, value hujson.Value)) {
	o, ok := v.Value.(*hujson.Object)
	switch {
	case !ok:
		d.fail(v, "%s: expected an object", key)
		return
	case len(o.Members) > maxEntries:
		d.fail(v, "%s: more than %d entries", key, maxEntries)
		return
	}
	for _, m := range o.Members {
		if d.err != nil {
			return
		}
		do(d.text(m.Name, key), m.Name, m.Value)
	}
}

// value is a place in a document.
type value = hujson.Value

// entry is one member of an object.
type entry struct {
	name  string
	value value
}

func (d *document) memberList(v value) []entry {
	var out []entry
	d.members(v, "features", func(name string, _, value hujson.Value) { out = append(out, entry{name, value}) })
	return out
}

func (d *document) text(v hujson.Value, key string) string {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != '"' {
		d.fail(v, "%s: expected a text", key)
		return ""
	}
	s := l.String()
	switch {
	case len(s) > maxText:
		d.fail(v, "%s: longer than %d bytes", key, maxText)
	case strings.ContainsRune(s, 0):
		d.fail(v, "%s: holds a NUL character", key)
	}
	return s
}

func (d *document) truth(v hujson.Value, key string) bool {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != 't' && l.Kind() != 'f' {
		d.fail(v, "%s: expected true or false", key)
		return false
	}
	return l.Bool()
}

// scalar is a text, a truth or a number, as text.
func (d *document) scalar(v hujson.Value, key string) (s string, isTruth bool) {
	l, ok := v.Value.(hujson.Literal)
	switch {
	case ok && l.Kind() == '"':
		return d.text(v, key), false
	case ok && (l.Kind() == 't' || l.Kind() == 'f'):
		return strconv.FormatBool(l.Bool()), true
	case ok && l.Kind() == '0':
		return string(l), false
	}
	d.fail(v, "%s: expected a text, or true or false", key)
	return "", false
}

func (d *document) elements(v hujson.Value, key string) []hujson.Value {
	a, ok := v.Value.(*hujson.Array)
	switch {
	case !ok:
		d.fail(v, "%s: expected a list", key)
		return nil
	case len(a.Elements) > maxEntries:
		d.fail(v, "%s: more than %d entries", key, maxEntries)
		return nil
	}
	return a.Elements
}

func (d *document) texts(v hujson.Value, key string) []string {
	var out []string
	for _, e := range d.elements(v, key) {
		out = append(out, d.text(e, key))
	}
	return out
}

// isNull reports a value that stands for none.
func isNull(v hujson.Value) bool { return v.Value.Kind() == 'n' }

// printable shows what came from elsewhere.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
