package config

import (
	"maps"
	"reflect"
	"slices"
)

// walkTests visits what is set of the tests.
func (l *Loaded) walkTests(t Tests, key string, path []string, visit func(leaf)) {
	for _, name := range t.Names() {
		l.walkStruct(reflect.ValueOf(t.Runs[name]), join(key, name), append(slices.Clone(path), name), visit)
	}
	if !t.Matrix.IsZero() {
		l.walkStruct(reflect.ValueOf(t.Matrix), join(key, matrixName), append(slices.Clone(path), matrixName), visit)
	}
}

// walkLists visits lists by their keys, each as one value.
func walkLists(lists map[string][]string, key string, path []string, visit func(leaf)) {
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		visit(leaf{key: join(key, name), path: append(slices.Clone(path), name), value: lists[name]})
	}
}
