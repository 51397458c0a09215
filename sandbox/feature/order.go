package feature

import (
	"fmt"
	"slices"
	"strings"
)

// CircleError: features wait for each other.
type CircleError struct{ IDs []string } // each waits for the next, the last one for the first

func (e *CircleError) Error() string {
	ids := make([]string, 0, len(e.IDs)+1)
	for _, id := range append(slices.Clone(e.IDs), e.IDs[0]) {
		ids = append(ids, printable(id))
	}
	return "features wait for each other: " + strings.Join(ids, " -> ")
}

// OrderError: the order that was asked for names no feature.
type OrderError struct{ ID, Why string }

func (e *OrderError) Error() string { return "order of features: " + printable(e.ID) + ": " + e.Why }

// Order answers the nodes of Graph in the order of their installation: in rounds, of
// each of which those are taken that what they need is there for, and of these the ones that
// wanted names first (specification, "Dependency installation order algorithm").
func Order(nodes []Node, wanted []string) ([]Node, error) {
	priority, err := priorities(nodes, wanted)
	if err != nil {
		return nil, err
	}
	waits, err := edges(nodes)
	if err != nil {
		return nil, err
	}
	done := make([]bool, len(nodes))
	var out []Node
	for len(out) < len(nodes) {
		var round []int
		best := 0
		for i := range nodes {
			if done[i] || slices.ContainsFunc(waits[i], func(j int) bool { return !done[j] }) {
				continue
			}
			round, best = append(round, i), max(best, priority[i])
		}
		if len(round) == 0 {
			return nil, &CircleError{circle(nodes, waits, done)}
		}
		round = slices.DeleteFunc(round, func(i int) bool { return priority[i] < best })
		slices.SortStableFunc(round, func(i, j int) int { return compare(nodes[i], nodes[j]) })
		for _, i := range round {
			done[i] = true
			out = append(out, nodes[i])
		}
	}
	return out, nil
}

// priorities: of n names in an order the first one has n, what it does not name has 0.
func priorities(nodes []Node, wanted []string) ([]int, error) {
	out := make([]int, len(nodes))
	for at, id := range wanted {
		r, err := unversioned(id)
		if err != nil {
			return nil, &OrderError{id, err.Error()}
		}
		for i, n := range nodes {
			if n.satisfies(r) {
				out[i] = max(out[i], len(wanted)-at)
			}
		}
	}
	return out, nil
}

// edges lists for each node the nodes that come before it.
func edges(nodes []Node) ([][]int, error) {
	out := make([][]int, len(nodes))
	for i, n := range nodes {
		out[i] = slices.Clone(n.needs)
		for _, id := range n.Metadata.InstallsAfter {
			r, err := unversioned(id)
			if err != nil {
				return nil, fmt.Errorf("installsAfter of feature %s: %w", printable(n.Written), err)
			}
			for j, other := range nodes {
				if i != j && other.satisfies(r) {
					out[i] = append(out[i], j)
				}
			}
		}
	}
	return out, nil
}

// unversioned is a reference whose version does not matter.
func unversioned(id string) (Reference, error) {
	r, err := ParseReference(id)
	r.Tag, r.Digest = "", ""
	return r, err
}

// circle follows what waits until it meets itself.
func circle(nodes []Node, waits [][]int, done []bool) []string {
	at := slices.Index(done, false)
	var path []int
	for !slices.Contains(path, at) {
		path = append(path, at)
		at = waits[at][slices.IndexFunc(waits[at], func(j int) bool { return !done[j] })]
	}
	var ids []string
	for _, i := range path[slices.Index(path, at):] {
		ids = append(ids, nodes[i].Written)
	}
	return ids
}
