package untar

import (
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// mark is what the name of an entry says beyond the name.
type mark int

const (
	noMark   mark = iota
	hides         // a whiteout of this name
	opaque        // a whiteout of all that is below, for this directory
	reserved      // a note of AUFS
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
	parts, m, err := markedName(name)
	if err == nil && m != noMark {
		return nil, &NameError{name, "a whiteout, which only an image's layer may hold"}
	}
	return parts, err
}

// markedName is checkedName for a layer, in which names that begin with .wh.
// have a meaning. The parts are those of what the mark is about.
func markedName(name string) ([]string, mark, error) {
	if name == "" {
		return nil, noMark, &NameError{name, "empty name"}
	}
	if len(name) >= ondisk.MaxName {
		return nil, noMark, &NameError{name[:64] + "...", "name is too long"}
	}
	parts := split(name)
	if len(parts) > ondisk.MaxDepth {
		return nil, noMark, &NameError{name, "too many directories deep"}
	}
	m := noMark
	for i, p := range parts {
		switch {
		case p == "..":
			return nil, noMark, &NameError{name, `".." in the name`}
		case strings.IndexByte(p, 0) >= 0:
			return nil, noMark, &NameError{name, "zero byte in the name"}
		case m == reserved: // whatever is in a directory of AUFS
		case strings.HasPrefix(p, ondisk.HidesPrefix):
			last := i == len(parts)-1
			if m = markOf(p); m != reserved && !last {
				return nil, noMark, &NameError{name, "a whiteout in the midst of the name"}
			}
		}
	}
	switch last := len(parts) - 1; m {
	case opaque:
		parts = parts[:last]
	case hides:
		parts[last] = strings.TrimPrefix(parts[last], ondisk.HidesPrefix)
		if p := parts[last]; p == "" || p == "." || p == ".." {
			return nil, noMark, &NameError{name, "a whiteout of no name"}
		}
	}
	return parts, m, nil
}

func markOf(part string) mark {
	switch {
	case part == ondisk.OpaqueName:
		return opaque
	case strings.HasPrefix(part, ondisk.ReservedPrefix):
		return reserved
	}
	return hides
}
