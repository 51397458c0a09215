package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// scalar writes a text so that YAML reads it back as the same text, in block and
// in flow style: as it is where that is plain, else in double quotes.
func scalar(s string) string {
	if isPlain(s) {
		return s
	}
	return inQuotes(s)
}

func inQuotes(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(escapeRune(r))
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escapeRune is a character in a double-quoted text (YAML 1.2, section 5.7).
func escapeRune(r rune) string {
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// isPlain is narrower than YAML's rule, so that no reader of any version takes
// the text for a number, a truth value or a sign.
func isPlain(s string) bool {
	if s == "" || !startsPlain(s) || strings.HasSuffix(s, ":") || strings.HasSuffix(s, " ") || strings.Contains(s, ": ") {
		return false
	}
	for _, r := range s {
		if !letterDigit(r) && !strings.ContainsRune("_./~+@-: ", r) {
			return false
		}
	}
	return !slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"}, strings.ToLower(s))
}

// startsPlain takes words and paths: a, _a, /a, ./a, ~/a, .a
func startsPlain(s string) bool {
	switch c := s[0]; c {
	case '.':
		return len(s) > 1 && (s[1] == '/' || s[1] > '9' && letterDigit(rune(s[1])))
	case '~':
		return strings.HasPrefix(s, "~/")
	default:
		return c == '_' || c == '/' || c > '9' && letterDigit(rune(c))
	}
}
