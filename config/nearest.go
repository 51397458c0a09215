package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearestKey is the key that was probably meant: one that works, or one that
// will; empty when nothing is near.
func nearestKey(e entry, t reflect.Type) string {
	var words []string
	for i := range t.NumField() {
		words = append(words, fieldAt(t, i).name)
	}
	for _, key := range laterKeys() {
		if name, ok := childOf(key, parent(e)); ok {
			words = append(words, name)
		}
	}
	return nearest(e.name, words)
}

// nearest is the first of the words with the smallest distance, if that is a slip.
func nearest(name string, words []string) string {
	if len(name) > 40 {
		return ""
	}
	best, found := max(2, len(name)/3)+1, ""
	for _, w := range words {
		if n := levenshtein.ComputeDistance(strings.ToLower(name), w); n < best && n < min(len(name), len(w)) {
			best, found = n, w
		}
	}
	return found
}

// slip is the first of the words that s is but one slip of the hand away from: a
// letter more, less or another, or two that changed places. In a long name it may be two.
func slip(s string, words []string) string {
	if len(s) > 80 {
		return ""
	}
	for _, w := range words {
		if more := len(s) - len(w); more < -2 || more > 2 { // nearly all are, and counting costs
			continue
		}
		switch n := levenshtein.ComputeDistance(s, w); {
		case n == 0 || len(w) < 4:
		case n == 1, n == 2 && (len(w) >= 10 || sameLetters(s, w)):
			return w
		}
	}
	return ""
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// parent is the path of the mapping that holds the entry.
func parent(e entry) string {
	return strings.TrimSuffix(strings.TrimSuffix(e.key, printable(e.name)), ".")
}

// childOf is the last part of a key whose other parts are the path.
func childOf(key, path string) (string, bool) {
	if strings.Contains(key, "=") {
		return "", false
	}
	if path != "" {
		rest, ok := strings.CutPrefix(key, path+".")
		return rest, ok
	}
	return key, !strings.Contains(key, ".")
}
