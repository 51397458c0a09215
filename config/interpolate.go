package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Texts of a configuration may hold ${NAME}, a variable of the host's
// environment; ${NAME:-text}, with a text for where it is unset or empty;
// ${project.name} and ${project.dir}. $$ is a dollar sign, and so is a $ before
// anything but { and $. Commands for a shell are left as they are: there these
// mean the shell's own variables.

// Bounds of what one text may become, and of what all texts of a configuration that
// refer to something may: aliases and long variables make much of little.
const (
	maxExpanded = 64 << 10
	maxAll      = 1 << 20
)

// kept stands for the $ of a reference that is shown as it is written. No text of
// a configuration can hold it.
const kept = "\x00"

// variables are what the texts of a file may stand for. A nil one knows none:
// texts are left as they are.
type variables struct {
	project Project
	name    string // of the sandbox, as this file or a weaker layer has it
	lookup  func(name string) (string, bool)
	used    func(key, name string) // is told of each variable that is read
	names   func() []string        // of all variables, for who mistypes one
	written bool                   // references to what may be secret stay as they are written
	kept    bool                   // there was one
	total   int                    // the length of all texts that refer to something
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
			return v.counted(out.String())
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
			if out.Len()+len(value) > maxExpanded {
				return "", fmt.Sprintf("becomes longer than %d KiB", maxExpanded>>10)
			}
			out.WriteString(value)
			s = after
		default:
			out.WriteByte('$')
			s = rest
		}
	}
}

// counted bounds all texts together.
func (v *variables) counted(s string) (text, message string) {
	if v.total += len(s); v.total > maxAll {
		return "", fmt.Sprintf("all texts with ${} together become longer than %d KiB", maxAll>>10)
	}
	return s, ""
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
		return "", quoted("${"+inside+"}") + " names no variable: " + instead(inside)
	}
	if strings.Contains(fallback, "${") {
		return "", quoted("${"+inside+"}") + ": one ${} within another is not known here"
	}
	value, set := v.lookup(name)
	v.used(key, name)
	switch {
	case !set && !hasFallback:
		return "", v.unset(name)
	case v.written && !harmless(name):
		v.kept = true
		return kept + "{" + inside + "}", ""
	case value == "" && hasFallback:
		return fallback, ""
	}
	return value, ""
}

func (v *variables) unset(name string) string {
	const format = "the variable %s is not set: ${%s:-} stands for nothing then, ${%s:-text} for a text"
	message := fmt.Sprintf(format, printable(name), name, name)
	if v.names == nil {
		return message
	}
	if near := slip(name, v.names()); near != "" {
		message += "; the nearest that is set is " + printable(near)
	}
	return message
}

// instead is for who knows these from a shell, or mistypes the project's.
func instead(inside string) string {
	name, fallback, dash := strings.Cut(inside, "-")
	switch near := nearest(inside, []string{"project.name", "project.dir"}); {
	case near != "":
		return "the nearest is ${" + near + "}"
	case dash && isVariable(name) && !strings.ContainsFunc(fallback, blankOrControl):
		return "write ${" + name + ":-" + fallback + "}"
	}
	return "write $$ for a dollar sign"
}

// isVariable takes the names that a shell takes.
func isVariable(name string) bool {
	for i, c := range []byte(name) {
		if c != '_' && !letterDigit(rune(c)) || i == 0 && c >= '0' && c <= '9' {
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
	return text, !strings.Contains(text, kept), true
}

// aboutPut is a message about the text s of a node: none where it is not known what
// the text comes to.
func (d *decoder) aboutPut(message string, n ast.Node, s string) string {
	written, _, _ := word(d.follow(n))
	switch {
	case message == "" || strings.Contains(s, kept) || d.vars == nil && strings.Contains(written, "${"):
		return ""
	case s != written:
		return aboutWritten(message, written)
	}
	return message
}

// aboutWritten is a message about a text that something was put into. What that is
// may be secret, and is not repeated: the message is about the text as it is written.
func aboutWritten(message, written string) string {
	rest := message
	if first, err := strconv.QuotedPrefix(message); err == nil {
		rest = quoted(written) + message[len(first):]
		message = message[len(first):]
	}
	if strings.Contains(message, `"`) {
		return quoted(written) + " becomes what is not taken here"
	}
	return rest
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
