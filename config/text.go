package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkBytes refuses what no configuration needs and what would show one thing
// and mean another: other encodings, and characters that steer a terminal. They
// are no YAML either (YAML 1.2, section 5.1).
func checkBytes(data []byte) (line, column int, message string) {
	line, column = 1, 1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		next := byte(0)
		if i+size < len(data) {
			next = data[i+size]
		}
		if message := refused(r, size, next); message != "" {
			return line, column, message
		}
		if i += size; r == '\n' {
			line, column = line+1, 0
		}
		column++
	}
	return 0, 0, ""
}

func refused(r rune, size int, next byte) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return "not UTF-8 text"
	case r == '\r' && next != '\n':
		return "a carriage return without a line feed"
	case r == '\n' || r == '\t' || r == '\r' || r == '\u0085':
		return ""
	case unicode.IsControl(r) || isBidi(r):
		return fmt.Sprintf("the character U+%04X is not allowed; in a text in double quotes write %s", r, escapeRune(r))
	}
	return ""
}

// isBidi reports characters that change the order in which text is shown.
func isBidi(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// sourceLines are the lines of a file as they may be shown.
func sourceLines(data []byte) []string {
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines
}

// shown is one line of a file for a message: nothing in it steers a terminal,
// each character stays in its column. Too long a line is not shown.
func shown(line string) string {
	if len(line) > 400 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || isBidi(r)) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(line, string(utf8.RuneError)))
}

// quoted is a word of the user in a message.
func quoted(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return strconv.Quote(s)
}

// printable is s itself, in quotes when a terminal would not show it as it is.
func printable(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return quoted(s)
		}
	}
	return s
}
