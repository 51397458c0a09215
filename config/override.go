package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// overridable are the keys that variables and flags can set: all texts, numbers and
// truth values but the version, by name.
func overridable() []string {
	keys := scalars(reflect.TypeFor[Config](), "")
	slices.Sort(keys)
	return keys
}

func scalars(t reflect.Type, under string) []string {
	var keys []string
	for i := range t.NumField() {
		key, of := join(under, fieldAt(t, i).name), t.Field(i).Type
		switch kind := of.Kind(); {
		case key == "version" || key == "devcontainer" || of == reflect.TypeFor[Hook]() || of == reflect.TypeFor[Tests]():
		case kind == reflect.Struct:
			keys = append(keys, scalars(of, key)...)
		case kind == reflect.String || kind == reflect.Int || kind == reflect.Float64 || kind == reflect.Bool:
			keys = append(keys, key)
		}
	}
	return keys
}

// variable is the name of the variable for a key: SANDBOX_NETWORK_MODE.
func variable(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// flagName is the name of the command line's flag for a key.
func flagName(key string) string {
	switch key {
	case "network.mode":
		return "--network"
	case "user":
		return "--as"
	}
	return "--" + strings.ReplaceAll(key, ".", "-")
}

// override lets flags and variables win over the files. viper decides between the
// two; it folds the case of keys, which does no harm to these. Where there is
// neither it costs nothing.
func (l *Loaded) override(environ []string, flags map[string]string) Problems {
	said := settings(environ)
	if len(said) == 0 && len(flags) == 0 {
		return nil
	}
	v := viper.New()
	known := overridable()
	problems := misspelt(said, known)
	for _, key := range known {
		if value := said[variable(key)]; value != "" {
			v.SetDefault(key, value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		if !slices.Contains(known, key) {
			problems = append(problems, Problem{Key: key, Message: flagName(key) + ": no such key to set"})
			continue
		}
		v.Set(key, flags[key])
	}
	for _, key := range known {
		if !v.IsSet(key) {
			continue
		}
		from := Origin{Layer: layerEnv, Name: variable(key)}
		if _, ok := flags[key]; ok {
			from = Origin{Layer: layerFlag, Name: flagName(key)}
		}
		if message := l.setKey(key, v.GetString(key)); message != "" {
			problems = append(problems, Problem{Key: key, Message: from.Name + ": " + message})
			continue
		}
		l.Origins[key] = from
	}
	return problems
}

// setKey sets one scalar by the path of its key, under the rules of the files.
func (l *Loaded) setKey(key, value string) string {
	v := reflect.ValueOf(&l.Config).Elem()
	var f field
	for _, part := range strings.Split(key, ".") {
		i, next, ok := fieldOf(v.Type(), part)
		if !ok {
			return "no such key to set"
		}
		f, v = next, v.Field(i)
	}
	f.key = key
	return f.set(v, value)
}
