package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Bounds of what one file can make of itself with aliases, and of what it can
// make us say.
const (
	maxValues   = 20_000
	maxProblems = 100
)

// decoder reads one file over a Config that earlier layers have filled: scalars
// and lists are replaced, maps are merged by key.
type decoder struct {
	layer   string
	file    string
	origins map[string]Origin

	vars     *variables // nil where a file is looked at by itself
	lines    []string
	aliases  map[*ast.AliasNode]ast.Node
	left     int      // values that may still be read
	secrets  []string // the names so far
	inList   int      // the parts of a list's entry have no origin of their own
	problems Problems
	full     bool // no more problems are taken
}

// decode reads one file; the problems come in the order of its lines.
func decode(layer, file string, data []byte, into *Config, origins map[string]Origin, vars *variables) Problems {
	d := &decoder{layer: layer, file: file, origins: origins, left: maxValues, vars: vars}
	if root := d.parse(data); root != nil {
		if name := ownName(root); vars != nil && name != "" && !strings.Contains(name, "$") {
			vars.name = name
		}
		d.aliases = anchors(root)
		d.value(root, reflect.ValueOf(into).Elem(), field{}, "")
	}
	return d.problems.sorted()
}

// Validate finds everything that is wrong with one file by itself. The name is
// for the problems only: nothing is read.
func Validate(file string, data []byte) Problems {
	return decode(layerOf(file), file, data, &Config{}, map[string]Origin{}, nil)
}

// fail records a problem at a token.
func (d *decoder) fail(at *token.Token, key, message string) {
	p := Problem{Line: 1, Column: 1, Key: key, Message: message}
	if at != nil && at.Position != nil {
		p.Line, p.Column = max(1, at.Position.Line), max(1, at.Position.Column)
	}
	d.add(p)
}

// failKey is fail with the key in front of the message.
func (d *decoder) failKey(at *token.Token, key, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if key != "" {
		message = key + ": " + message
	}
	d.fail(at, key, message)
}

func (d *decoder) add(p Problem) {
	if d.full = d.full || len(d.problems) >= maxProblems; d.full {
		return
	}
	p.File = d.file
	if p.Line > 0 && p.Line <= len(d.lines) {
		p.Source = shown(conceal(d.lines[p.Line-1]))
	}
	d.problems = append(d.problems, p)
}

// from records where the value of a key comes from.
func (d *decoder) from(at *token.Token, key string) {
	if d.inList == 0 && at != nil && at.Position != nil {
		d.origins[key] = Origin{Layer: d.layer, File: d.file, Line: at.Position.Line, Column: at.Position.Column}
	}
}

// spend counts values, since a few aliases make millions of them.
func (d *decoder) spend(n ast.Node) bool {
	if d.left--; d.left == 0 {
		d.fail(start(n), "", fmt.Sprintf("more than %d values, with what aliases repeat", maxValues))
		d.full = true // what is half read now looks wrong, and is not
	}
	return d.left > 0
}
