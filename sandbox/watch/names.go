package watch

import (
	"path"
	"strings"
)

// heavy names directories that tools fill by the thousand and people do not edit:
// they are not even watched. A rule takes one back by "!NAME" in its list.
func heavy(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "target", ".venv", "venv", "__pycache__",
		".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".gradle", ".cache", ".next", ".nuxt",
		".parcel-cache", ".turbo", ".terraform", ".direnv", ".bundle", ".stack-work", "zig-cache", ".zig-cache", "_build":
		return true
	}
	return false
}

// passing names files that editors and systems make beside those that are edited.
func passing(name string) bool {
	switch name {
	case "4913", ".DS_Store", "Thumbs.db": // 4913: vim tries whether it may write
		return true
	}
	if strings.HasSuffix(name, "~") || strings.HasPrefix(name, ".#") || strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") {
		return true
	}
	for _, mark := range []string{"___jb_tmp___", "___jb_old___"} {
		if strings.HasSuffix(name, mark) {
			return true
		}
	}
	switch ext := path.Ext(name); {
	case len(ext) == 4 && strings.HasPrefix(ext, ".sw") && strings.HasPrefix(name, "."): // .name.swp, .swo, .swx
		return true
	case ext == ".kate-swp":
		return true
	}
	return strings.HasPrefix(name, ".goutputstream-")
}

// lists are the files that hold patterns of what is to be ignored, the weaker first.
func lists() [2]string { return [2]string{".gitignore", ".ignore"} }
