package apt

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest are up to three names of the archive that look like name.
func nearest(ix *index, name string) []string {
	type candidate struct {
		name string
		far  int
	}
	var all []candidate
	limit := max(1, len(name)/3)
	for n := range ix.paragraphs {
		if len(n) > len(name)+limit || len(n)+limit < len(name) {
			continue
		}
		if far := levenshtein.ComputeDistance(name, n); far <= limit {
			all = append(all, candidate{n, far})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.far, b.far), strings.Compare(a.name, b.name))
	})
	var names []string
	for _, c := range all[:min(len(all), 3)] {
		names = append(names, c.name)
	}
	return names
}
