package config

import (
	"path/filepath"
	"strings"
)

// userPath refuses, in the user's own settings, paths that each project could put a
// file of its own at, where what is in the file is what the user trusts.
func (d *decoder) userPath(key, path string) string {
	switch {
	case d.layer != layerUser || d.vars == nil || key != "registry.ca_file" && key != "apt.keyring":
		return ""
	case path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "~/") || strings.HasPrefix(path, kept):
		return ""
	}
	return "is relative, to whichever project it is: in your own settings it has to start with / or ~/"
}
