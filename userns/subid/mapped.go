package subid

import (
	"fmt"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/userns"
)

// Mapped reports whether ids are there at all in this user namespace, whose map is
// in a file of /proc: inside a container, /etc/subuid often speaks of the ids outside.
func Mapped(file string, ranges []userns.Range) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return true // the helpers will tell
	}
	for _, r := range ranges {
		if !holds(string(text), r) {
			return false
		}
	}
	return true
}

// holds looks for r in one extent of a uid_map (user_namespaces(7)).
func holds(uidMap string, r userns.Range) bool {
	for line := range strings.Lines(uidMap) {
		var inside, outside, size int
		if n, err := fmt.Sscan(line, &inside, &outside, &size); n != 3 || err != nil {
			continue
		}
		if r.Start >= inside && r.Start+r.Size <= inside+size {
			return true
		}
	}
	return false
}
