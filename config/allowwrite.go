package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// ErrByHand: the file is written in a way that additions cannot be fitted into.
var ErrByHand = errors.New("its network is written in a way that nothing can be added to here")

// WithAllow is a file of the project with further entries of network.allow and with
// network.mode filtered; what else stands in it stays as it is, comments too. Without
// a file it is a new one. ErrByHand; Problems of the file.
func WithAllow(file string, data []byte, entries []string) ([]byte, error) {
	if len(data) == 0 {
		data = []byte("version: 1\n")
	}
	var before Config
	if problems := decode(layerOf(file), file, data, &before, map[string]Origin{}, nil); len(problems) > 0 {
		return nil, problems
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e string) bool { return slices.Contains(before.Network.Allow, e) })
	d := &decoder{layer: layerOf(file), file: file, left: maxValues}
	w := &allowWriter{lines: strings.SplitAfter(string(data), "\n"), end: "\n", entries: entries}
	if strings.Contains(string(data), "\r\n") {
		w.end = "\r\n"
	}
	if !w.all(d.parse(data), before.Network.Mode) {
		return nil, ErrByHand
	}
	w.apply()
	out := []byte(strings.Join(w.lines, ""))
	var after Config // what was written is believed when it is read so
	problems := decode(layerOf(file), file, out, &after, map[string]Origin{}, nil)
	if len(problems) > 0 || after.Network.Mode != "filtered" || !slices.Equal(after.Network.Allow, slices.Concat(before.Network.Allow, entries)) {
		return nil, ErrByHand
	}
	return out, nil
}

// allowWriter edits a text where its parsed form says.
type allowWriter struct {
	lines   []string // with their ends
	end     string   // of a line
	entries []string
	edits   []edit
}

// edit replaces characters of a line.
type edit struct {
	line, column, length int // the line and column from 0
	text                 string
}

// apply edits from the end of the file to its beginning, so that places stay true.
func (w *allowWriter) apply() {
	slices.SortStableFunc(w.edits, func(a, b edit) int { return cmp.Or(b.line-a.line, b.column-a.column) })
	for _, e := range w.edits {
		line := []rune(w.lines[e.line])
		w.lines[e.line] = string(line[:e.column]) + e.text + string(line[e.column+e.length:])
	}
}

// all finds what to edit.
func (w *allowWriter) all(root ast.Node, mode string) bool {
	at := valueOf(root, "network")
	if at == nil {
		last := len(w.lines) - 1
		if w.lines[last] != "" && !strings.HasSuffix(w.lines[last], "\n") {
			w.lines[last] += w.end
		}
		w.lines = append(w.lines, "network:"+w.end+"  mode: filtered"+w.end+w.block("  "))
		return true
	}
	inside, isMap := at.Value.(*ast.MappingNode)
	if !isMap || len(inside.Values) == 0 {
		return false
	}
	old, list := valueOf(inside, "mode"), valueOf(inside, "allow")
	switch {
	case len(w.entries) == 0:
	case list != nil:
		if !w.extend(list.Value) {
			return false
		}
	case inside.IsFlowStyle:
		if !w.insert(inside.End, "}", ", allow: ["+w.flow()+"]") {
			return false
		}
	}
	// What comes before the first key of the mapping comes before all of its lines.
	first := start(inside)
	switch {
	case old != nil && mode != "filtered":
		if tk := old.Value.GetToken(); !w.insert(tk, tk.Origin, "filtered") {
			return false
		}
	case old == nil && inside.IsFlowStyle:
		return w.insert(inside.Start, "{", "{mode: filtered, ")
	}
	if inside.IsFlowStyle {
		return true
	}
	indent := strings.Repeat(" ", first.Position.Column-1)
	text := ""
	if old == nil {
		text = indent + "mode: filtered" + w.end
	}
	if list == nil && len(w.entries) > 0 {
		text += w.block(indent)
	}
	return w.before(first.Position.Line, text)
}

// block is the key and its entries in lines.
func (w *allowWriter) block(indent string) string {
	var b strings.Builder
	if len(w.entries) > 0 {
		fmt.Fprintf(&b, "%sallow:%s", indent, w.end)
	}
	for _, e := range w.entries {
		fmt.Fprintf(&b, "%s  - %q%s", indent, e, w.end)
	}
	return b.String()
}

func (w *allowWriter) flow() string {
	var all []string
	for _, e := range w.entries {
		all = append(all, fmt.Sprintf("%q", e))
	}
	return strings.Join(all, ", ")
}

// extend adds entries to a list that is there.
func (w *allowWriter) extend(list ast.Node) bool {
	l, ok := list.(*ast.SequenceNode)
	switch {
	case !ok:
		return false
	case l.IsFlowStyle && len(l.Values) == 0:
		return w.insert(l.End, "]", w.flow())
	case l.IsFlowStyle:
		return w.insert(l.End, "]", ", "+w.flow())
	case len(l.Values) == 0:
		return false
	}
	line := l.Values[len(l.Values)-1].GetToken().Position.Line - 1
	dash := strings.Index(w.lines[line], "-")
	if dash < 0 {
		return false
	}
	var b strings.Builder
	if !strings.HasSuffix(w.lines[line], "\n") {
		b.WriteString(w.end)
	}
	for _, e := range w.entries {
		fmt.Fprintf(&b, "%s- %q%s", w.lines[line][:dash], e, w.end)
	}
	w.edits = append(w.edits, edit{line, len([]rune(w.lines[line])), 0, b.String()})
	return true
}

// insert puts a text before a bracket that closes; another token it replaces.
func (w *allowWriter) insert(at *token.Token, found, text string) bool {
	if at == nil || at.Position == nil || at.Position.Line > len(w.lines) {
		return false
	}
	found = strings.TrimSpace(found)
	e := edit{at.Position.Line - 1, at.Position.Column - 1, len([]rune(found)), text}
	line := []rune(w.lines[e.line])
	if e.column < 0 || e.column > len(line) || !strings.HasPrefix(string(line[e.column:]), found) {
		return false
	}
	if found == "}" || found == "]" {
		e.length = 0
	}
	w.edits = append(w.edits, e)
	return true
}

func (w *allowWriter) before(line int, text string) bool {
	if line < 1 || line > len(w.lines) {
		return false
	}
	w.edits = append(w.edits, edit{line - 1, 0, 0, text})
	return true
}

// valueOf is the entry of a mapping under a key; nil where it is not there.
func valueOf(n ast.Node, key string) *ast.MappingValueNode {
	for _, pair := range pairs(n) {
		if name(pair.Key) == key {
			return pair
		}
	}
	return nil
}
