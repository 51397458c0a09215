package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Texts of a configuration may hold ${NAME}, a variable of the host's
// environment; ${NAME:-text}, with a text for where it is unset or empty;
// ${project.name} and ${project.dir}. $$ is a dollar sign, and so is a $ before
// anything but { and $. Commands for a shell are left as they are: there these
// mean the shell's own variables.

// maxExpanded bounds what one text may become.
const maxExpanded = 64 << 10

// variables are what the texts of a file may stand for. A nil one knows none:
// texts are left as they are.
type variables struct {
	project Project
	name    string // of the sandbox, as this file or a weaker layer has it
	lookup  func(name string) (string, bool)
	used    func(key, name string) // is told of each variable that is read
}

// harmless are the variables that a project may have without anybody's word: they
// say nothing that is not the same inside, or in the project's own path.
func harmless(name string) bool {
	return slices.Contains([]string{"HOME", "USER", "LOGNAME", "LANG", "TZ", "CI"}, name)
}

// expand puts in what s refers to. It answers what is wrong with s, or nothing.
func (v *variables) expand(s, key string) (expanded, message string) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "$")
		out.WriteString(before)
		if !found {
			return out.String(), ""
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			out.WriteByte('$')
			s = rest[1:]
		case strings.HasPrefix(rest, "{"):
			inside, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return "", "${ has no }: write $$ for a dollar sign"
			}
			value, message := v.value(inside, key)
			if message != "" {
				return "", message
			}
			out.WriteString(value)
			s = after
		default:
			out.WriteByte('$')
			s = rest
		}
		if out.Len() > maxExpanded {
			return "", fmt.Sprintf("becomes longer than %d KiB", maxExpanded>>10)
		}
	}
}

// value is what stands for the inside of ${}.
func (v *variables) value(inside, key string) (value, message string) {
	name, fallback, hasFallback := strings.Cut(inside, ":-")
	switch {
	case inside == "project.dir":
		return v.project.Dir, ""
	case inside == "project.name":
		return v.name, ""
	case strings.HasPrefix(inside, "project."):
		return "", "${" + printable(inside) + "}: there are ${project.name} and ${project.dir}"
	case !isVariable(name):
		return "", quoted("${"+inside+"}") + " names no variable: write $$ for a dollar sign"
	}
	value, set := v.lookup(name)
	v.used(key, name)
	switch {
	case value != "":
		return value, ""
	case hasFallback:
		return fallback, ""
	case !set:
		return "", fmt.Sprintf("the variable %s is not set: ${%s:-} stands for nothing then, ${%s:-text} for a text", name, name, name)
	}
	return "", ""
}

// isVariable takes the names that a shell takes.
func isVariable(name string) bool {
	for i, c := range []byte(name) {
		if c != '_' && !lowerDigit(rune(c|0x20)) || i == 0 && c >= '0' && c <= '9' {
			return false
		}
	}
	return name != ""
}

// expand is the text as it counts; not ok when there is something wrong, which is
// then on record. Without variables a text that refers to some cannot be checked.
func (d *decoder) expand(n ast.Node, s, key string, f field) (text string, checked, ok bool) {
	if f.raw || !strings.Contains(s, "$") {
		return s, true, true
	}
	vars := d.vars
	if vars == nil {
		vars = &variables{lookup: func(string) (string, bool) { return "", true }, used: func(string, string) {}}
	}
	text, message := vars.expand(s, key)
	if message != "" {
		d.failKey(start(n), key, "%s", message)
		return "", false, false
	}
	if d.vars == nil && strings.Contains(s, "${") {
		return s, false, true
	}
	return text, true, true
}

// ownName is the name that a file gives to the sandbox, "" for none.
func ownName(root ast.Node) string {
	for _, pair := range pairs(root) {
		if name, ok := keyWord(pair.Key); ok && name == "name" {
			s, _, _ := word(pair.Value)
			return s
		}
	}
	return ""
}
