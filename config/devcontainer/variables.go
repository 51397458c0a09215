package devcontainer

import (
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// Variables are what ${...} stands for. A nil function leaves its kind as it is.
type Variables struct {
	LocalEnv        func(key, name, fallback string, hasFallback bool) string
	LocalFolder     string // of the project, on the host
	ContainerFolder string // of the project, inside; empty: not known yet
	ID              string
}

// Substitute puts variables into all texts of the file, but not into keys. What
// nobody knows stays as it is written, and so does ${containerEnv:...}.
func (v Variables) Substitute(f *File) {
	v.each(reflect.ValueOf(f).Elem(), "")
}

func (v Variables) each(x reflect.Value, key string) {
	switch y := x.Addr().Interface().(type) {
	case *Raw: // other programs' own
		return
	case *Env:
		for name, value := range *y {
			if value != nil {
				s := v.Text(*value, key+"."+name)
				(*y)[name] = &s
			}
		}
		return
	}
	switch x.Kind() {
	case reflect.String:
		if s := x.String(); strings.Contains(s, "${") {
			x.SetString(v.Text(s, key))
		}
	case reflect.Struct:
		for i := range x.NumField() {
			field := x.Type().Field(i)
			if field.IsExported() && field.Name != "At" {
				v.each(x.Field(i), below(key, field))
			}
		}
	case reflect.Slice:
		for i := range x.Len() {
			v.each(x.Index(i), key+"["+strconv.Itoa(i)+"]")
		}
	case reflect.Map:
		for _, name := range x.MapKeys() {
			e := reflect.New(x.Type().Elem()).Elem()
			e.Set(x.MapIndex(name))
			v.each(e, join(key, name.String()))
			x.SetMapIndex(name, e)
		}
	}
}

func below(key string, f reflect.StructField) string {
	if name := f.Tag.Get("json"); name != "" {
		return join(key, name)
	}
	return key
}

// Text is s with what its variables stand for. They do not nest.
func (v Variables) Text(s, key string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return out.String() + "${" + rest
		}
		if value, ok := v.value(inside, key); ok {
			out.WriteString(value)
		} else {
			out.WriteString("${" + inside + "}")
		}
		s = after
	}
}

// value is what the inside of ${} stands for.
func (v Variables) value(inside, key string) (string, bool) {
	name, rest, has := strings.Cut(inside, ":")
	switch name {
	case "localEnv", "env":
		if !has || rest == "" || v.LocalEnv == nil {
			return "", false
		}
		variable, fallback, more := strings.Cut(rest, ":")
		fallback, _, _ = strings.Cut(fallback, ":")
		return v.LocalEnv(key, variable, fallback, more), true
	case "localWorkspaceFolder":
		return v.LocalFolder, v.LocalFolder != ""
	case "localWorkspaceFolderBasename":
		return filepath.Base(v.LocalFolder), v.LocalFolder != ""
	case "containerWorkspaceFolder":
		return v.ContainerFolder, v.ContainerFolder != ""
	case "containerWorkspaceFolderBasename":
		return path.Base(v.ContainerFolder), v.ContainerFolder != ""
	case "devcontainerId":
		return v.ID, v.ID != ""
	}
	return "", false
}

// ContainerText is s with the values of ${containerEnv:NAME} and
// ${containerEnv:NAME:fallback}.
func ContainerText(s string, env func(name string) (value string, set bool)) string {
	const open = "${containerEnv:"
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, open)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return out.String() + open + rest
		}
		name, fallback, _ := strings.Cut(inside, ":")
		fallback, _, _ = strings.Cut(fallback, ":")
		value, set := env(name)
		if !set {
			value = fallback
		}
		out.WriteString(value)
		s = after
	}
}
