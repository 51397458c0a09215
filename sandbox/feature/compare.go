package feature

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// equal: the same content, with the same options (specification, "Feature
// Equality"). A folder is its path: nobody else has it.
func equal(a, b Node) bool {
	if a.Kind != b.Kind || compareOptions(a.Options, b.Options) != 0 {
		return false
	}
	if a.Kind == Local {
		return a.Name == b.Name
	}
	return a.Digest == b.Digest
}

// compare puts the nodes of one round in order (specification, "Round Stable Sort").
func compare(a, b Node) int {
	if a.Kind != b.Kind {
		return strings.Compare(a.Written, b.Written)
	}
	byName := strings.Compare(a.Name, b.Name)
	if a.Kind == Registry && byName != 0 && sameRenamed(a, b) {
		byName = 0
	}
	return cmp.Or(byName, compareTags(a.Tag, b.Tag), compareOptions(a.Options, b.Options), strings.Compare(a.Digest, b.Digest))
}

// sameRenamed: one of them is an earlier name of the other.
func sameRenamed(a, b Node) bool {
	return path.Dir(a.Name) == path.Dir(b.Name) && slices.ContainsFunc(a.aliases(), func(id string) bool {
		return slices.Contains(b.aliases(), id)
	})
}

// aliases are all names that a feature had, in small letters.
func (n Node) aliases() []string {
	out := []string{n.ID()}
	for _, id := range append([]string{n.Metadata.ID}, n.Metadata.LegacyIDs...) {
		out = append(out, strings.ToLower(id))
	}
	return out
}

// compareTags: the older first; latest is newer than any number. Without both there is no order.
func compareTags(a, b string) int {
	switch {
	case a == b || a == "" || b == "":
		return 0
	case a == "latest":
		return 1
	case b == "latest":
		return -1
	}
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, merr := strconv.Atoi(x[i])
		n, nerr := strconv.Atoi(y[i])
		by := strings.Compare(x[i], y[i])
		if merr == nil && nerr == nil {
			by = cmp.Compare(m, n)
		}
		if by != 0 {
			return by
		}
	}
	return cmp.Compare(len(x), len(y))
}

// compareOptions: fewer first, then by their names, then by their values.
func compareOptions(a, b map[string]string) int {
	if by := cmp.Compare(len(a), len(b)); by != 0 {
		return by
	}
	x, y := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))
	if by := slices.Compare(x, y); by != 0 {
		return by
	}
	for _, name := range x {
		if by := strings.Compare(a[name], b[name]); by != 0 {
			return by
		}
	}
	return 0
}

// satisfies: the node is what a soft dependency or an order names, under one of its names.
func (n Node) satisfies(r Reference) bool {
	if n.Kind != r.Kind {
		return false
	}
	return n.Name == r.Name || n.Kind == Registry && path.Dir(n.Name) == path.Dir(r.Name) && slices.Contains(n.aliases(), r.ID())
}
