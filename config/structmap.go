package config

import (
	"maps"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// defaulted has values that count where nobody says anything.
type defaulted interface{ setDefaults() }

// isStructMap reports whether keys of a map are names that the user chooses, of things with
// keys of their own.
func isStructMap(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct && t != reflect.TypeFor[map[string]Hook]()
}

// structMap reads such a map: what a name has already is kept where nothing is said of it.
func (d *decoder) structMap(n ast.Node, v reflect.Value, key string) {
	if _, ok := n.(*ast.MappingNode); !ok && pairs(n) == nil {
		d.failKey(start(n), key, "expected names with keys and values, found %s", describe(n))
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	d.entries(n, key, func(e entry) {
		if message := checkLabel(e.name); message != "" {
			d.failKey(e.at, key, "%s", message)
			return
		}
		item := reflect.New(v.Type().Elem())
		name := reflect.ValueOf(e.name)
		if have := v.MapIndex(name); have.IsValid() {
			item.Elem().Set(have)
		} else if with, ok := item.Interface().(defaulted); ok {
			with.setDefaults()
		}
		d.from(e.at, e.key)
		d.value(e.value, item.Elem(), field{}, e.key)
		v.SetMapIndex(name, item.Elem())
	})
}

// walkStructMap visits what is set in such a map, by name.
func (l *Loaded) walkStructMap(v reflect.Value, key string, path []string, visit func(leaf)) {
	for _, name := range slices.Sorted(maps.Keys(keysOf(v))) {
		item := v.MapIndex(reflect.ValueOf(name))
		l.walkStruct(item, join(key, name), append(slices.Clone(path), name), visit)
	}
}

func keysOf(v reflect.Value) map[string]bool {
	names := map[string]bool{}
	for _, k := range v.MapKeys() {
		names[k.String()] = true
	}
	return names
}
