package host

import (
	"path/filepath"
	"strings"
)

func split(path string) []string {
	var out []string
	for dir := range strings.SplitSeq(path, ":") {
		if filepath.IsAbs(dir) {
			out = append(out, filepath.Clean(dir))
		}
	}
	return out
}

func belowSystem(dir string) bool {
	for _, s := range System() {
		if below(dir, "/"+s) {
			return true
		}
	}
	return false
}

func below(dir, root string) bool {
	return root != "" && (dir == root || strings.HasPrefix(dir, root+"/"))
}
