package subid

import (
	"fmt"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/userns"
)

// idMap is which ids there are in this user namespace, by their numbers in it:
// inside a container, /etc/subuid often speaks of the ids outside. nil: nobody knows.
type idMap []userns.Range

// readMap reads a uid_map or gid_map of /proc.
func readMap(file string) idMap {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil // the helpers will tell
	}
	return parseMap(string(text))
}

// parseMap reads extents (user_namespaces(7)); what is none is passed over.
func parseMap(text string) idMap {
	m := idMap{}
	for line := range strings.Lines(text) {
		var inside, outside, size int
		if n, err := fmt.Sscan(line, &inside, &outside, &size); n == 3 && err == nil {
			m = append(m, userns.Range{Start: inside, Size: size})
		}
	}
	return m
}

// holds reports whether all of the ranges are there, each in one extent.
func (m idMap) holds(ranges []userns.Range) bool {
	if m == nil {
		return true
	}
	for _, r := range ranges {
		found := false
		for _, e := range m {
			found = found || r.Start >= e.Start && r.Start+r.Size <= e.Start+e.Size
		}
		if !found {
			return false
		}
	}
	return true
}

// others are all ids but 0.
func (m idMap) others() []userns.Range {
	var out []userns.Range
	for _, e := range m {
		if e.Start == 0 {
			e.Start, e.Size = 1, e.Size-1
		}
		if e.Size > 0 {
			out = append(out, e)
		}
	}
	return out
}

func count(ranges []userns.Range) (n int) {
	for _, r := range ranges {
		n += r.Size
	}
	return n
}
