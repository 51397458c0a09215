package config

import (
	"slices"
	"strings"
)

// cannotYet is said of keys and values that belong to the format but not to this
// version. They are refused, not ignored: a sandbox without the secrets or the
// limits that its file asks for is not the one that was meant.
const cannotYet = "known, but this version cannot do it yet"

// laterKeys belong to the format; values stand behind "=".
func laterKeys() []string {
	return []string{
		"git_credentials",
	}
}

func isLater(key string) bool { return slices.Contains(laterKeys(), key) }

// laterImage reports the image sources of the format that this version lacks.
func laterImage(ref string) bool {
	return strings.HasPrefix(ref, "snapshot:")
}
