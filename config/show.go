package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Show is Load for the user's eyes, who may pass the result on: variables of the
// environment stand in it as they are written, and passwords in addresses are stars.
func Show(o LoadOptions) (*Loaded, error) {
	o.Written = true
	l, err := Load(o)
	if err == nil && l.kept { // what these come to may be wrong
		o.Written = false
		_, err = Load(o)
	}
	if err != nil {
		return nil, err
	}
	l.Config = l.texts(func(s string, _ bool) string { return concealAddress(s) })
	return l, nil
}

// concealAddress leaves what only looks like a password: the digest of an image.
func concealAddress(s string) string {
	if !strings.Contains(s, "://") || strings.Contains(s, "@sha256:") || strings.Contains(s, "@sha512:") {
		return s
	}
	return conceal(s)
}

// texts is the configuration with another text for each; raw ones are those that
// nothing is put into.
func (l *Loaded) texts(other func(s string, raw bool) string) Config {
	c := l.Config
	each(reflect.ValueOf(&c).Elem(), field{}, other)
	return c
}

// each changes the texts of v, in lists and maps that are new.
func each(v reflect.Value, f field, other func(string, bool) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(other(v.String(), f.raw))
	case reflect.Struct:
		raw := f.raw || v.Type() == reflect.TypeFor[Hook]()
		for i := range v.NumField() {
			below := fieldAt(v.Type(), i)
			below.raw = below.raw || raw
			each(v.Field(i), below, other)
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			each(list.Index(i), f, other)
		}
		v.Set(list)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		m := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			each(value, f, other)
			m.SetMapIndex(key, value)
		}
		v.Set(m)
	}
}

// escapeDollar writes a text so that nothing is put into it when it is read again,
// but for the references that were kept.
func escapeDollar(s string, raw bool) string {
	if raw || !strings.ContainsAny(s, "$"+kept) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '$' && i+1 < len(s) && strings.ContainsRune("{$"+kept, rune(s[i+1])) {
			b.WriteByte('$')
		}
		b.WriteByte(s[i])
	}
	return strings.ReplaceAll(b.String(), kept, "$")
}

// references are the variables that were kept in a value.
func references(value any) []string {
	names := map[string]bool{}
	box := reflect.New(reflect.TypeOf(value)).Elem()
	box.Set(reflect.ValueOf(value))
	each(box, field{}, func(s string, _ bool) string {
		parts := strings.Split(s, kept+"{")
		for _, part := range parts[1:] {
			inside, _, _ := strings.Cut(part, "}")
			name, _, _ := strings.Cut(inside, ":-")
			names[name] = true
		}
		return s
	})
	return slices.Sorted(maps.Keys(names))
}

// readable is a value with its references as they are written.
func readable(value any) any {
	box := reflect.New(reflect.TypeOf(value)).Elem()
	box.Set(reflect.ValueOf(value))
	each(box, field{}, func(s string, _ bool) string { return strings.ReplaceAll(s, kept, "$") })
	return box.Interface()
}
