package config

import (
	"fmt"
	"path"
	"strings"
	"unicode"
)

// Each check answers what is wrong with a value, or nothing. The schema's
// generator has a pattern for each; a test holds them together.

// maxArg is the longest text that Linux hands to a program (MAX_ARG_STRLEN).
const maxArg = 128 << 10

func checkText(s string) string {
	switch {
	case strings.ContainsRune(s, 0):
		return "holds a NUL character"
	case len(s) >= maxArg:
		return fmt.Sprintf("longer than %d bytes, more than a program can be given", maxArg-1)
	}
	return ""
}

func checkEnv(name, value string) string {
	if name == "" || strings.Contains(name, "=") || strings.ContainsFunc(name, blankOrControl) {
		return "no name for a variable: it is empty, or holds a blank, = or a control character"
	}
	return checkText(name + value)
}

func blankOrControl(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

func checkName(s string) string {
	if !isWord(s, 63, lowerDigit, ".-_") {
		return quoted(s) + " is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit"
	}
	return ""
}

// checkLabel is for volumes and the commands of a hook.
func checkLabel(s string) string {
	if !isWord(s, 128, letterDigit, ".-_") {
		return quoted(s) + " is no name: letters, digits, dots, - and _, at most 128, starting with a letter or a digit"
	}
	return ""
}

// checkUser takes keep, root, and names and ids of the image.
func checkUser(s string) string {
	if !isWord(strings.TrimPrefix(s, "_"), 64, letterDigit, ".-_") {
		return quoted(s) + " is neither keep nor root nor the name of a user"
	}
	return ""
}

func checkImage(s string) string {
	i := ParseImage(s)
	switch {
	case laterImage(s):
		return quoted(s) + " is " + cannotYet
	case i.Scheme == "apt":
		return checkPackage(i.Rest)
	case i.IsPath():
		return checkPath(i.Rest)
	case i.Scheme == "host":
		return ""
	}
	return checkReference(i.Rest)
}

// checkReference looks at what every reference of a registry keeps to (OCI distribution
// specification, "Pulling manifests"); whether it is one, the registry says.
func checkReference(s string) string {
	if host, _, _ := strings.Cut(s, "/"); strings.Contains(host, "@") && !strings.Contains(host, "@sha256:") {
		return "holds a user's name or password: they belong in ~/.docker/config.json" // and are not repeated
	}
	if !isWord(s, 512, letterDigit, ".-_/:@+[]") {
		return quoted(s) + " is no image: host, apt:SUITE, rootfs:PATH, oci:DIR, or a reference such as docker.io/library/debian:13"
	}
	return ""
}

// checkPackage takes what package managers take as a name, with a version or a wildcard.
func checkPackage(s string) string {
	if !isWord(strings.TrimPrefix(s, "@"), 200, letterDigit, ".-_+:=~*/@") {
		return quoted(s) + " is no name of a package: letters, digits and . - _ + : = ~, starting with a letter or a digit"
	}
	return ""
}

func checkURL(s string) string {
	for _, scheme := range []string{"http://", "https://", "file:///"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok && rest != "" && !strings.ContainsFunc(rest, blankOrControl) {
			return ""
		}
	}
	return quoted(conceal(s)) + " is no address: expected http://, https:// or file:///"
}

func checkPath(s string) string {
	switch {
	case s == "":
		return "is empty: expected a path"
	case strings.ContainsFunc(s, unicode.IsControl):
		return quoted(s) + " holds a control character"
	case len(s) > 4095:
		return "longer than 4095 bytes, more than a path can be"
	}
	return ""
}

func checkAbsolute(s string) string {
	switch {
	case s == "":
		return "is empty: expected an absolute path"
	case !strings.HasPrefix(s, "/"):
		return quoted(s) + " is not an absolute path"
	}
	return checkPath(s)
}

// checkInside refuses the root: it is the image's.
func checkInside(s string) string {
	if message := checkAbsolute(s); message != "" || path.Clean(s) != "/" {
		return message
	}
	return quoted(s) + " is the root of the sandbox"
}

func checkWorkspace(s string) string {
	if s == "same" {
		return ""
	}
	if message := checkInside(s); message != "" {
		return message + " (or the word same)"
	}
	return ""
}

func checkTarget(s string) string {
	if s == "~" || strings.HasPrefix(s, "~/") {
		return checkPath(s)
	}
	return checkInside(s)
}

func checkSize(s string) string {
	if _, err := ParseSize(s); s == "" || err != nil {
		return quoted(s) + " is no size: a number above 0 with k, m, g or t, such as 64m"
	}
	return ""
}

// checkMemory refuses what no process could start in.
func checkMemory(s string) string {
	const least = 8 << 20
	if message := checkSize(s); message != "" {
		return message
	}
	if n, _ := ParseSize(s); n < least {
		return quoted(s) + " is less than 8m, which nothing can run in"
	}
	return ""
}

func lowerDigit(r rune) bool  { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
func letterDigit(r rune) bool { return lowerDigit(r) || r >= 'A' && r <= 'Z' }

// isWord: the first character by its class, the others also of the marks.
func isWord(s string, most int, class func(rune) bool, marks string) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i, r := range s {
		if !class(r) && (i == 0 || !strings.ContainsRune(marks, r)) {
			return false
		}
	}
	return true
}
