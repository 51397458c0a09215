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
	for _, name := range slices.Sorted(maps.Keys(said)) {
		message := ""
		if word := strings.TrimPrefix(name, prefix); !slices.Contains(ours, word) {
			message = meant(word, known, ours)
		}
		if message != "" {
			problems = append(problems, Problem{Message: printable(name) + ": " + message})
		}
	}
	return problems
}

func meant(word string, known, ours []string) string {
	if key := compound(reflect.TypeFor[Config](), "", word); key != "" {
		var below []string
		for _, k := range known {
			if strings.HasPrefix(k, key+".") {
				below = append(below, variable(k))
			}
		}
		if len(below) > 0 {
			return "sets no key; of " + key + " there are " + strings.Join(below, ", ")
		}
		return "sets no key: variables stand for single values, and " + key + " is more than one"
	}
	if near := slip(word, ours); near != "" {
		return "sets no key; the nearest is " + prefix + near
	}
	return ""
}

// compound is the key of a list, a hook or a group that a variable of this name
// would be for. env is not among them: too many programs have a variable of that name.
func compound(t reflect.Type, under, word string) string {
	for i := range t.NumField() {
		key, of := join(under, fieldAt(t, i).name), t.Field(i).Type
		switch kind := of.Kind(); {
		case kind != reflect.Struct && kind != reflect.Slice:
		case prefix+word == variable(key):
			return key
		case kind == reflect.Struct && of != reflect.TypeFor[Hook]():
			if found := compound(of, key, word); found != "" {
				return found
			}
		}
	}
	return ""
}
