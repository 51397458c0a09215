package config

import (
	"maps"
	"reflect"
	"slices"
)

// Entry is one value of the merged configuration.
type Entry struct {
	Key    string `json:"key"` // network.mode, env.NODE_ENV, mounts[0]
	Value  any    `json:"value"`
	Origin string `json:"origin"` // FILE:LINE, env NAME, flag --name, default

	// Variables are those of the environment that stand in the value as they are written.
	Variables []string `json:"variables,omitempty"`
}

// Entries are the values in the order of the keys; what nobody set is left out.
func (l *Loaded) Entries() []Entry {
	all := []Entry{}
	l.walk(func(leaf leaf) {
		all = append(all, Entry{leaf.key, readable(leaf.value), l.Origins[leaf.key].below(l.Project.Dir), references(leaf.value)})
	})
	return all
}

// leaf is a value with its place in the tree.
type leaf struct {
	key   string
	path  []string // the names from the top
	item  bool     // an entry of the list at path
	value any
}

// walk visits what is set, in the order of the types' fields.
func (l *Loaded) walk(visit func(leaf)) {
	l.walkStruct(reflect.ValueOf(l.Config), "", nil, visit)
}

func (l *Loaded) walkStruct(v reflect.Value, key string, path []string, visit func(leaf)) {
	for i := range v.NumField() {
		name := fieldAt(v.Type(), i).name
		l.walkValue(v.Field(i), join(key, name), append(slices.Clone(path), name), visit)
	}
}

func (l *Loaded) walkValue(v reflect.Value, key string, path []string, visit func(leaf)) {
	_, set := l.Origins[key]
	switch value := v.Interface().(type) {
	case Hook:
		if set {
			visit(leaf{key: key, path: path, value: value})
		}
		return
	case Tests:
		l.walkTests(value, key, path, visit)
		return
	case map[string][]string:
		walkLists(value, key, path, visit)
		return
	case map[string]string:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			visit(leaf{key: join(key, name), path: append(slices.Clone(path), name), value: value[name]})
		}
		return
	}
	if all, ok := v.Interface().(map[string]FeatureOptions); ok {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			visit(leaf{key: join(key, name), path: append(slices.Clone(path), name), value: all[name]})
		}
		return
	}
	switch {
	case isStructMap(v.Type()):
		l.walkStructMap(v, key, path, visit)
	case v.Kind() == reflect.Struct:
		l.walkStruct(v, key, path, visit)
	case !set:
	case v.Kind() == reflect.Slice && v.Len() > 0:
		for i := range v.Len() {
			visit(leaf{key: indexed(key, i), path: path, item: true, value: v.Index(i).Interface()})
		}
	default:
		visit(leaf{key: key, path: path, value: v.Interface()})
	}
}
