package untar

import "strings"

const (
	// maxName is PATH_MAX: no longer path can be given to the kernel at once.
	maxName = 4096
	// maxDepth bounds the directories held open on the way to an entry.
	maxDepth = 256
	// whiteout marks, in the layers of an image, what a lower layer loses.
	whiteout = ".wh."
)

// split takes apart a path of the archive. Leading slashes and all "." are
// dropped, ".." is kept.
func split(path string) []string {
	parts := strings.Split(path, "/")
	n := 0
	for _, p := range parts {
		if p != "" && p != "." {
			parts[n] = p
			n++
		}
	}
	return parts[:n]
}

// checkedName is split with the refusals that hold for the names of entries
// and the targets of hard links. The root itself has no parts.
func checkedName(name string) ([]string, error) {
	if name == "" {
		return nil, &NameError{name, "empty name"}
	}
	if len(name) >= maxName {
		return nil, &NameError{name[:64] + "...", "name is too long"}
	}
	parts := split(name)
	if len(parts) > maxDepth {
		return nil, &NameError{name, "too many directories deep"}
	}
	for _, p := range parts {
		switch {
		case p == "..":
			return nil, &NameError{name, `".." in the name`}
		case strings.HasPrefix(p, whiteout):
			return nil, &NameError{name, "a whiteout, which only an image's layer may hold"}
		case strings.IndexByte(p, 0) >= 0:
			return nil, &NameError{name, "zero byte in the name"}
		}
	}
	return parts, nil
}
