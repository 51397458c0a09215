package config

import (
	"path/filepath"
	"strings"
)

// Expand makes a path of the configuration absolute: ~ is home, a relative path
// starts at base. The result is cleaned by its letters, links are not followed.
func Expand(path, home, base string) string {
	switch rest, ok := strings.CutPrefix(path, "~/"); {
	case path == "~":
		return filepath.Clean(home)
	case ok:
		return filepath.Join(home, rest)
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}
