package main

import (
	"maps"
	"math"
	"slices"
)

// segments lays single values over a background and joins neighbours with the same plain answer.
func segments(points map[uint32]verdict, background []segment) []segment {
	starts := map[uint32]bool{}
	for _, s := range background {
		starts[s.from] = true
	}
	for n := range points {
		starts[n] = true
		if n < math.MaxUint32 {
			starts[n+1] = true
		}
	}
	var out []segment
	for _, n := range slices.Sorted(maps.Keys(starts)) {
		v, ok := points[n]
		if !ok {
			v = at(background, n)
		}
		if len(out) == 0 || !same(out[len(out)-1].verdict, v) {
			out = append(out, segment{n, v})
		}
	}
	return out
}

// at gives the verdict on one value.
func at(s []segment, value uint32) verdict {
	i, found := slices.BinarySearchFunc(s, value, func(s segment, v uint32) int {
		switch {
		case s.from < v:
			return -1
		case s.from > v:
			return 1
		}
		return 0
	})
	if found {
		return s[i].verdict
	}
	return s[i-1].verdict
}

func same(a, b verdict) bool { return a.plain() && b.plain() && a.ret == b.ret }
