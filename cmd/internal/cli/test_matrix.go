package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
)

// maxCells bounds what lists multiply to.
const maxCells = 1000

// cell is one place in the matrix.
type cell struct {
	image string
	env   []string // KEY=value
}

func (c cell) label() string {
	var words []string
	if c.image != "" {
		words = append(words, "image="+c.image)
	}
	return strings.Join(append(words, c.env...), " ")
}

// matrixCells is each image with each value of each variable.
func matrixCells(m config.Matrix) ([]cell, error) {
	if m.IsZero() {
		return nil, usagef("--matrix: the configuration has no test.matrix")
	}
	cells := []cell{{}}
	if len(m.Image) > 0 {
		cells = nil
		for _, image := range m.Image {
			cells = append(cells, cell{image: image})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Env)) {
		if len(m.Env[key]) == 0 {
			continue
		}
		if len(cells)*len(m.Env[key]) > maxCells {
			return nil, usagef("--matrix: more than %d combinations", maxCells)
		}
		var more []cell
		for _, c := range cells {
			for _, value := range m.Env[key] {
				more = append(more, cell{c.image, append(slices.Clone(c.env), key+"="+value)})
			}
		}
		cells = more
	}
	return cells, nil
}
