package config

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// value reads a node into v, by v's type.
func (d *decoder) value(n ast.Node, v reflect.Value, f field, key string) {
	if !d.spend(n) {
		return
	}
	at := start(n)
	if n = d.follow(n); n == nil {
		return
	}
	if _, null := n.(*ast.NullNode); null {
		d.failKey(at, key, noValue)
		return
	}
	switch v.Interface().(type) {
	case Hook:
		d.hook(n, v.Addr().Interface().(*Hook), key)
		return
	case Tests:
		d.tests(n, v.Addr().Interface().(*Tests), key)
		return
	case map[string][]string:
		v.Set(reflect.ValueOf(map[string][]string{}))
		d.lists(n, v.Interface().(map[string][]string), key)
		return
	case map[string]string:
		d.stringMap(n, v, f, key)
		return
	case map[string]FeatureOptions:
		d.features(n, v.Addr().Interface().(*map[string]FeatureOptions), f, key)
		return
	}
	switch v.Kind() {
	case reflect.Map:
		d.structMap(n, v, key)
	case reflect.Struct:
		d.object(n, v, key)
	case reflect.Slice:
		d.list(n, v, f, key)
	default:
		d.scalar(n, v, f, key)
	}
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, f field, key string) {
	s, text, ok := word(n)
	at := start(n)
	switch {
	case v.Kind() == reflect.String && ok && !text:
		d.failKey(at, key, "expected text, found %s: put it in quotes", describe(n))
	case v.Kind() == reflect.String && len(pairs(n)) == 1 && strings.HasSuffix(key, "]"): // [8080:80] within {} is read so
		d.failKey(at, key, "expected text, found %s: put the text in quotes", describe(n))
	case v.Kind() == reflect.String && !ok:
		d.failKey(at, key, "expected text, found %s", describe(n))
	case v.Kind() == reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.failKey(at, key, "expected true or false, found %s", describe(n))
			return
		}
		v.SetBool(b.Value)
		d.from(at, key)
	case v.Kind() == reflect.Int && (text || !ok || !decimal(s)):
		d.failKey(at, key, "expected a whole number, found %s", describe(n))
	case v.Kind() == reflect.Float64 && (text || !ok):
		d.failKey(at, key, "expected a number, found %s", describe(n))
	default:
		d.plain(n, v, f, key, s)
	}
}

// plain sets a text or a number.
func (d *decoder) plain(n ast.Node, v reflect.Value, f field, key, s string) {
	checked := true
	if v.Kind() == reflect.String && len(f.enum) == 0 {
		var ok bool
		if s, checked, ok = d.expand(n, s, key, f); !ok {
			return
		}
	}
	if message := d.userPath(key, s); message != "" {
		d.failKey(start(n), key, "%s", message)
		return
	}
	if !checked {
		v.SetString(s)
	} else if message := f.set(v, s); message != "" {
		if written, _, _ := word(n); s != written {
			message = aboutWritten(message, written)
		}
		d.failKey(start(n), key, "%s", message)
		return
	}
	d.from(start(n), key)
}

// decimal leaves out what YAML also takes for numbers: 0x10, 0o17, 017, 1_000.
func decimal(s string) bool {
	if len(s) > 1 && s[0] == '-' {
		s = s[1:]
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s == "0" || s != "" && s[0] != '0'
}

// list replaces what an earlier layer has.
func (d *decoder) list(n ast.Node, v reflect.Value, f field, key string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.failKey(start(n), key, "expected a list, found %s", describe(n))
		return
	}
	if d.inList == 0 {
		forget(d.origins, key)
		d.from(start(n), key)
	}
	items := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		if d.left <= 0 {
			return
		}
		entry := key + "[" + strconv.Itoa(i) + "]"
		d.from(start(item), entry)
		d.inList++
		d.value(item, items.Index(i), f, entry)
		d.inList--
	}
	v.Set(items)
}

// forget removes the origins of a list's entries.
func forget(origins map[string]Origin, key string) {
	for i := 0; ; i++ {
		entry := key + "[" + strconv.Itoa(i) + "]"
		if _, ok := origins[entry]; !ok {
			return
		}
		delete(origins, entry)
	}
}

// hook reads a string, a list, or a map of these.
func (d *decoder) hook(n ast.Node, h *Hook, key string) {
	*h = Hook{}
	d.from(start(n), key)
	if pairs(n) == nil {
		d.command(n, h, key)
		return
	}
	h.Parallel = map[string]Hook{}
	d.entries(n, key, func(e entry) {
		if message := checkLabel(e.name); message != "" {
			d.failKey(e.at, key, "%s", message)
			return
		}
		var c Hook
		if value := d.follow(e.value); value != nil && d.spend(value) {
			d.command(value, &c, e.key)
			if s, text, _ := word(value); text && s == "" {
				d.failKey(e.at, e.key, "has no command")
			}
		}
		h.Parallel[e.name] = c
	})
}

// command reads one command: text for the shell, or a program and its arguments.
func (d *decoder) command(n ast.Node, h *Hook, key string) {
	if _, list := n.(*ast.SequenceNode); list {
		d.inList++
		d.list(n, reflect.ValueOf(&h.Exec).Elem(), field{check: "text", raw: true}, key)
		d.inList--
		if len(h.Exec) == 0 || h.Exec[0] == "" {
			d.failKey(start(n), key, "names no program")
		}
		return
	}
	s, text, _ := word(n)
	switch message := checkText(s); {
	case !text:
		d.failKey(start(n), key, "expected a text, a list or keys and values, found %s", describe(n))
	case message != "":
		d.failKey(start(n), key, "%s", message)
	default:
		h.Shell = s
	}
}
