package config

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

const noValue = "has no value: give it one, or remove the line"

// entry is one key of a mapping with its value.
type entry struct {
	name  string
	key   string // the path: network.mode
	at    *token.Token
	value ast.Node
}

// entries calls do for each key, once.
func (d *decoder) entries(n ast.Node, key string, do func(entry)) map[string]entry {
	seen := map[string]entry{}
	for _, pair := range pairs(n) {
		if d.left <= 0 {
			break
		}
		at := start(pair.Key)
		name, ok := keyWord(pair.Key)
		if !ok {
			d.failKey(at, key, "expected a plain word as a key")
			continue
		}
		e := entry{name: name, key: join(key, name), at: at, value: pair.Value}
		if first, twice := seen[name]; twice {
			d.failKey(at, e.key, "is here twice: the first one is on line %d", first.at.Position.Line)
			continue
		}
		seen[name] = e
		do(e)
	}
	return seen
}

func join(key, name string) string {
	if key == "" {
		return printable(name)
	}
	return key + "." + printable(name)
}

// object reads keys and values into a struct, whose fields say which keys there are.
func (d *decoder) object(n ast.Node, v reflect.Value, key string) {
	if _, ok := n.(*ast.MappingNode); !ok && pairs(n) == nil {
		d.failKey(start(n), key, "expected keys and values, found %s", describe(n))
		return
	}
	seen := d.entries(n, key, func(e entry) {
		i, f, ok := fieldOf(v.Type(), e.name)
		if !ok {
			d.unknown(e, v.Type())
			return
		}
		if _, null := e.value.(*ast.NullNode); null {
			d.failKey(e.at, e.key, noValue)
			return
		}
		if why := d.notHere(e.key); why != "" {
			d.failKey(e.at, e.key, "%s", why)
			return
		}
		f.key = e.key
		d.value(e.value, v.Field(i), f, e.key)
	})
	d.required(start(n), v.Type(), seen, key)
	switch m := v.Addr().Interface().(type) {
	case *Mount:
		d.mount(m, start(n), seen, key)
	case *Secret:
		d.secret(m, start(n), seen, key)
	case *Service:
		d.service(m, start(n), seen, key)
	case *Readiness:
		d.readiness(m, start(n), seen, key)
	case *WatchRule:
		d.watchRule(m, start(n), seen, key)
	case *Test:
		d.test(m, seen, key)
	case *Build:
		d.build(m, start(n), seen, key)
	}
}

func (d *decoder) unknown(e entry, t reflect.Type) {
	if isLater(e.key) {
		d.failKey(e.at, e.key, "%s", cannotYet)
		return
	}
	p := Problem{Key: e.key, Message: "unknown key " + quoted(e.name), Line: e.at.Position.Line, Column: e.at.Position.Column}
	nearest := nearestKey(e, t)
	if later := join(parent(e), nearest); nearest != "" && isLater(later) {
		p.Message += "; " + later + " is " + cannotYet
	} else {
		p.Nearest = nearest
	}
	d.add(p)
}

func (d *decoder) required(at *token.Token, t reflect.Type, seen map[string]entry, key string) {
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if d.left <= 0 {
			return
		}
		if _, ok := seen[tag.Get("yaml")]; ok || tag.Get("required") != "true" {
			continue
		}
		if name := join(key, tag.Get("yaml")); name == "version" {
			d.failKey(at, name, "is missing: the file needs the line version: 1")
		} else {
			d.failKey(at, name, "is missing")
		}
	}
}

// stringMap merges over what earlier layers have. Values that YAML takes for
// numbers or truth values count as they are written: PORT: 8080.
func (d *decoder) stringMap(n ast.Node, v reflect.Value, f field, key string) {
	if _, ok := n.(*ast.MappingNode); !ok && pairs(n) == nil {
		d.failKey(start(n), key, "expected keys and values, found %s", describe(n))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	d.entries(n, key, func(e entry) {
		value := d.follow(e.value)
		if value == nil || !d.spend(value) {
			return
		}
		s, _, ok := word(value)
		if _, null := value.(*ast.NullNode); null {
			d.failKey(e.at, e.key, `has no value: write "" for an empty one`)
			return
		} else if !ok {
			d.failKey(start(value), e.key, "expected text, found %s", describe(value))
			return
		}
		s, checked, ok := d.expand(value, s, e.key, f)
		if !ok {
			return
		}
		if message := checkEnv(e.name, s); checked && message != "" {
			d.failKey(e.at, e.key, "%s", message)
			return
		}
		v.SetMapIndex(reflect.ValueOf(e.name), reflect.ValueOf(s))
		d.from(start(value), e.key)
	})
}
