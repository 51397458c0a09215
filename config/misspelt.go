package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

const prefix = "SANDBOX_"

// settings are the variables that may be meant for us and say something.
func settings(environ []string) map[string]string {
	said := map[string]string{}
	for _, kv := range environ {
		if name, value, _ := strings.Cut(kv, "="); value != "" && strings.HasPrefix(name, prefix) && said[name] == "" {
			said[name] = value
		}
	}
	return said
}

// misspelt are variables that somebody took for one of ours: the name of one with a
// slip, or a key that is no single value. A sandbox without the limit that was meant
// is not the one that was asked for. Any other name can be another program's, and
// is left alone.
func misspelt(said map[string]string, known []string) Problems {
	ours := []string{"DATA_DIR", "RUNTIME_DIR", "IDS", "STORAGE_DRIVER", "REGISTRY_AUTH"} // other parts of the program read them
	for _, key := range known {
		ours = append(ours, strings.TrimPrefix(variable(key), prefix))
	}
	var problems Problems
	var several map[string]string
	for _, name := range slices.Sorted(maps.Keys(said)) {
		word := strings.TrimPrefix(name, prefix)
		if slices.Contains(ours, word) {
			continue
		}
		if several == nil {
			several = compounds(reflect.TypeFor[Config](), "")
		}
		message := ""
		if key, ok := several[name]; ok {
			message = "sets no key: " + parts(key, known)
		} else if near := slip(word, ours); near != "" {
			message = "sets no key; the nearest is " + prefix + near
		}
		if message != "" {
			problems = append(problems, Problem{Message: printable(name) + ": " + message})
		}
	}
	return problems
}

// parts says which variables there are below a key, if any.
func parts(key string, known []string) string {
	var below []string
	for _, k := range known {
		if strings.HasPrefix(k, key+".") {
			below = append(below, variable(k))
		}
	}
	if len(below) > 0 {
		return "of " + key + " there are " + strings.Join(below, ", ")
	}
	return "variables stand for single values, and " + key + " is more than one"
}

// compounds are the lists, hooks and groups, by the variables that they would have.
// env is not among them: too many programs have a variable of that name.
func compounds(t reflect.Type, under string) map[string]string {
	found := map[string]string{}
	for i := range t.NumField() {
		key, of := join(under, fieldAt(t, i).name), t.Field(i).Type
		if kind := of.Kind(); kind == reflect.Struct || kind == reflect.Slice {
			found[variable(key)] = key
		}
		if of.Kind() == reflect.Struct && of != reflect.TypeFor[Hook]() && of != reflect.TypeFor[Tests]() {
			maps.Copy(found, compounds(of, key))
		}
	}
	return found
}
