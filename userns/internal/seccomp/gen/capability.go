package main

import (
	"slices"

	names "github.com/rootless-sandbox/sandbox/userns/capability"
)

// capability gives the bit of a name, 0 for an unknown one.
func capability(name string) uint64 {
	i := slices.Index(capabilities(), name)
	if i < 0 {
		return 0
	}
	return 1 << i
}

// capabilities lists the names by number.
func capabilities() []string { return names.Names() }
