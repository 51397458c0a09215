package ui

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a name, a path or any other single line fit for a terminal:
// control characters, broken UTF-8 and characters that reorder text appear as
// visible escapes. A clean text is returned as it is.
func Clean(s string) string { return clean(s, false) }

// Lines is Clean for text of several lines: line ends and tabs stay.
func Lines(s string) string { return clean(s, true) }

func clean(s string, multiline bool) string {
	if isClean(s, multiline) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case harmless(r) || multiline && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		default:
			b.WriteString(visible(r))
		}
		i += n
	}
	return b.String()
}

func isClean(s string, multiline bool) bool {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return false
		}
		if !harmless(r) && (!multiline || r != '\n' && r != '\t') {
			return false
		}
	}
	return true
}

// harmless reports whether r moves nothing, hides nothing and sends nothing.
// Category Cf holds the marks that reorder or hide text; the joiners among it
// are needed by several scripts and by emoji, and do neither.
func harmless(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
		return false
	}
	return r == nonJoiner || r == joiner || !unicode.Is(unicode.Cf, r)
}

func visible(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
