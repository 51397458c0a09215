package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is what the tags of a struct's field say.
type field struct {
	name     string
	key      string // the whole path, where it is known
	check    string
	enum     []string
	max      int
	required bool
	raw      bool // a text for a shell, or arguments: nothing is put in
}

func fieldAt(t reflect.Type, i int) field {
	tag := t.Field(i).Tag
	f := field{name: tag.Get("yaml"), check: tag.Get("check"), enum: strings.Fields(tag.Get("enum")), max: math.MaxInt}
	if n, err := strconv.Atoi(tag.Get("max")); err == nil {
		f.max = n
	}
	f.required, f.raw = tag.Get("required") == "true", tag.Get("raw") == "true"
	return f
}

// fieldOf finds the field of a key.
func fieldOf(t reflect.Type, name string) (int, field, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") == name { // the other tags cost more than all that is left
			return i, fieldAt(t, i), true
		}
	}
	return 0, field{}, false
}

// set gives v, a string or a number, the value that is written as s. It answers
// what is wrong with s, or nothing.
func (f field) set(v reflect.Value, s string) string {
	switch v.Kind() {
	case reflect.Int:
		return f.setInt(v, s)
	case reflect.Bool:
		if s != "true" && s != "false" {
			return "expected true or false, found " + quoted(s)
		}
		v.SetBool(s == "true")
		return ""
	case reflect.Float64:
		return f.setFloat(v, s)
	}
	if message := f.refuses(s); message != "" {
		return message
	}
	v.SetString(s)
	return ""
}

func (f field) setInt(v reflect.Value, s string) string {
	n, err := strconv.Atoi(s)
	switch {
	case f.check == "version" && (err != nil || n != 1):
		return s + " is not known to this program: expected 1"
	case err != nil && !decimal(s):
		return "expected a whole number, found " + quoted(s)
	case f.check == "port" && (err != nil || n < 1 || n > f.max):
		return fmt.Sprintf("%s is no port: 1 to %d", s, f.max)
	case err != nil || n < 0 || n > f.max:
		return fmt.Sprintf("%s is out of range: 0 to %d", s, f.max)
	}
	v.SetInt(int64(n))
	return ""
}

func (f field) setFloat(v reflect.Value, s string) string {
	x, err := strconv.ParseFloat(s, 64)
	whole, fraction, dot := strings.Cut(s, ".")
	switch {
	case err != nil || !decimal(whole) || dot && strings.Trim(fraction, "0123456789") != "":
		return "expected a number, found " + quoted(s)
	case x < 0 || x > float64(f.max):
		return fmt.Sprintf("%s is out of range: 0 to %d", s, f.max)
	}
	v.SetFloat(x)
	return ""
}

func (f field) refuses(s string) string {
	if len(f.enum) > 0 {
		return checkEnum(f, s)
	}
	switch f.check {
	case "name":
		return checkName(s)
	case "image":
		return checkImage(s)
	case "user":
		return checkUser(s)
	case "shell":
		return checkAbsolute(s)
	case "workspace":
		return checkWorkspace(s)
	case "path":
		return checkPath(s)
	case "feature":
		return checkFeature(s)
	case "target":
		return checkTarget(s)
	case "size":
		return checkSize(s)
	case "package":
		return checkPackage(s)
	case "reference":
		return checkReference(s)
	case "url":
		return checkURL(s)
	case "cache":
		return checkCache(s)
	case "label":
		return checkLabel(s)
	case "variable":
		return checkVariable(s)
	case "directory":
		return checkDirectory(s)
	case "port":
		return checkPort(s)
	case "allow":
		return checkAllow(s)
	case "ip":
		return checkIP(s)
	case "memory":
		return checkMemory(s)
	case "host_variable":
		return checkHostVariable(s)
	case "device":
		return checkDevice(s)
	case "capability":
		return checkCapability(s)
	case "duration":
		return checkDuration(s)
	case "regexp":
		return checkRegexp(s)
	case "inside_url":
		return checkInsideURL(s)
	case "glob":
		return CheckGlob(s)
	case "ignore":
		return checkIgnore(s)
	case "debounce":
		return checkDebounce(s)
	case "drop":
		return checkDrop(s)
	case "below":
		return checkBelow(s)
	case "pattern":
		return checkPattern(s)
	}
	return checkText(s)
}

func checkEnum(f field, s string) string {
	switch {
	case slices.Contains(f.enum, s):
		return ""
	case f.check == "seccomp" && checkSeccomp(s) != "":
		return checkSeccomp(s)
	case isLater(f.key + "=" + s):
		return s + " is " + cannotYet
	}
	return quoted(s) + " is none of " + strings.Join(f.enum, ", ")
}
