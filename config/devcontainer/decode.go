package devcontainer

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
	"github.com/tailscale/hujson"
)

// decoder reads one file.
type decoder struct {
	data     []byte
	file     *File
	metadata bool // an entry of an image's label
	problems []Problem
}

func target(f *File) reflect.Value { return reflect.ValueOf(f).Elem() }

// failf records what is wrong with a value.
func (d *decoder) failf(v hujson.Value, key, format string, args ...any) {
	p := d.position(v.StartOffset)
	message := fmt.Sprintf(format, args...)
	if key != "" {
		message = key + ": " + message
	}
	d.add(Problem{Line: p.Line, Column: p.Column, Key: key, Message: message})
}

// warnf is failf for what does no harm.
func (d *decoder) warnf(v hujson.Value, key, format string, args ...any) {
	before := len(d.problems)
	d.failf(v, key, format, args...)
	for i := before; i < len(d.problems); i++ {
		d.problems[i].Warning = true
	}
}

// members calls do for each property of an object, and says when v is none. The last
// one counts of those with the same name, as in JSON.
func (d *decoder) members(v hujson.Value, key string, do func(name string, at, value hujson.Value, key string)) bool {
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		d.failf(v, key, "expected an object, found %s", describe(v))
		return false
	}
	last := map[string]int{}
	for i, m := range o.Members {
		last[text(m.Name)] = i
	}
	for i, m := range o.Members {
		name := text(m.Name)
		path := join(key, name)
		switch {
		case last[name] != i:
			d.warnf(m.Name, path, "is here twice: the last one counts")
		case isNull(m.Value) && key != "remoteEnv":
			d.warnf(m.Name, path, "has no value: it is left out")
		default:
			d.file.At[path] = d.position(m.Value.StartOffset)
			do(name, m.Name, m.Value, path)
		}
	}
	return true
}

// object reads the properties of a struct.
func (d *decoder) object(v hujson.Value, into reflect.Value, key string) {
	d.members(v, key, func(name string, at, value hujson.Value, path string) {
		i := d.fieldOf(into.Type(), name)
		if i < 0 {
			d.unknown(at, into.Type(), name, path)
			return
		}
		d.value(value, into.Field(i), into.Type().Field(i).Tag, path)
	})
}

func (d *decoder) fieldOf(t reflect.Type, name string) int {
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if tag.Get("json") == name && name != "-" && (d.metadata || tag.Get("metadata") == "") {
			return i
		}
	}
	return -1
}

// unknown is a warning: the format allows what others add.
func (d *decoder) unknown(at hujson.Value, t reflect.Type, name, path string) {
	if d.metadata {
		return // made by programs; features put more there than anybody reads
	}
	before := len(d.problems)
	d.warnf(at, path, "no property of the format: it does nothing")
	var words []string
	for i := range t.NumField() {
		if tag := t.Field(i).Tag; tag.Get("json") != "" && tag.Get("json") != "-" && tag.Get("metadata") == "" {
			words = append(words, tag.Get("json"))
		}
	}
	if near := nearest(name, words); near != "" && len(d.problems) > before {
		d.problems[before].Nearest = near
		d.problems[before].Message += ": the nearest is " + near
	}
}

// nearest is the word with the smallest distance, if that is a slip.
func nearest(name string, words []string) string {
	best, found := max(2, len(name)/3)+1, ""
	if len(name) > 60 {
		return ""
	}
	for _, w := range words {
		if n := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(w)); n < best && n < min(len(name), len(w)) {
			best, found = n, w
		}
	}
	return found
}

// value reads a value by the type of what it is read into.
func (d *decoder) value(v hujson.Value, into reflect.Value, tag reflect.StructTag, key string) {
	if d.special(v, into.Addr().Interface(), key) {
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.object(v, into, key)
	case reflect.String:
		if s, ok := d.text(v, key); ok && d.allowed(v, s, tag, key) {
			into.SetString(s)
		}
	case reflect.Bool:
		if l, ok := v.Value.(hujson.Literal); ok && (l.Kind() == 't' || l.Kind() == 'f') {
			into.SetBool(l.Bool())
			return
		}
		d.failf(v, key, "expected true or false, found %s", describe(v))
	case reflect.Int:
		if n, ok := whole(v); ok {
			into.SetInt(int64(n))
			return
		}
		d.failf(v, key, "expected a whole number, found %s", describe(v))
	case reflect.Slice:
		d.list(v, into, key)
	case reflect.Map:
		d.mapping(v, into, key)
	}
}

func (d *decoder) list(v hujson.Value, into reflect.Value, key string) {
	a, ok := v.Value.(*hujson.Array)
	if !ok {
		d.failf(v, key, "expected a list, found %s", describe(v))
		return
	}
	out := reflect.MakeSlice(into.Type(), len(a.Elements), len(a.Elements))
	for i, e := range a.Elements {
		path := key + "[" + strconv.Itoa(i) + "]"
		d.file.At[path] = d.position(e.StartOffset)
		d.value(e, out.Index(i), "", path)
	}
	into.Set(out)
}

func (d *decoder) mapping(v hujson.Value, into reflect.Value, key string) {
	into.Set(reflect.MakeMap(into.Type()))
	d.members(v, key, func(name string, _, value hujson.Value, path string) {
		e := reflect.New(into.Type().Elem()).Elem()
		d.value(value, e, "", path)
		into.SetMapIndex(reflect.ValueOf(name), e)
	})
}

// allowed checks a text against the tag of its field.
func (d *decoder) allowed(v hujson.Value, s string, tag reflect.StructTag, key string) bool {
	if words := strings.Fields(tag.Get("enum")); len(words) > 0 && !slices.Contains(words, s) {
		message := quote(s) + " is none of " + strings.Join(words, ", ")
		if near := nearest(s, words); near != "" {
			message += ": the nearest is " + near
		}
		d.failf(v, key, "%s", message)
		return false
	}
	if tag.Get("check") == "size" {
		if _, ok := ParseSize(s); !ok {
			d.failf(v, key, "%s is no size: a number with kb, mb, gb or tb, such as 8gb", quote(s))
			return false
		}
	}
	return true
}

// text is a value that has to be a text.
func (d *decoder) text(v hujson.Value, key string) (string, bool) {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != '"' {
		d.failf(v, key, "expected text, found %s", describe(v))
		return "", false
	}
	s := l.String()
	if strings.ContainsRune(s, 0) {
		d.failf(v, key, "holds a NUL character")
		return "", false
	}
	return s, true
}

func text(v hujson.Value) string {
	if l, ok := v.Value.(hujson.Literal); ok && l.Kind() == '"' {
		return l.String()
	}
	return ""
}

func isNull(v hujson.Value) bool {
	l, ok := v.Value.(hujson.Literal)
	return ok && l.Kind() == 'n'
}

// whole is a number without a fraction, as it is written.
func whole(v hujson.Value) (int, bool) {
	l, ok := v.Value.(hujson.Literal)
	if !ok || l.Kind() != '0' {
		return 0, false
	}
	n, err := strconv.Atoi(string(l))
	return n, err == nil
}

// describe names the kind of a value.
func describe(v hujson.Value) string {
	switch x := v.Value.(type) {
	case *hujson.Object:
		return "an object"
	case *hujson.Array:
		return "a list"
	case hujson.Literal:
		switch x.Kind() {
		case '"':
			return "the text " + quote(x.String())
		case '0':
			return "the number " + string(x[:min(len(x), 40)])
		case 'n':
			return "null"
		}
		return string(x)
	}
	return "nothing"
}

func quote(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return strconv.Quote(s)
}

func join(key, name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		name = quote(name)
	}
	if key == "" {
		return name
	}
	return key + "." + name
}
