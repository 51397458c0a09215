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

// matrixCells is each image in each version with each value of each variable. image is the project's own.
func matrixCells(m config.Matrix, image string) ([]cell, error) {
	if m.IsZero() {
		return nil, usagef("--matrix: the configuration has no test.matrix")
	}
	images, err := matrixImages(m, image)
	if err != nil {
		return nil, err
	}
	cells := []cell{{}}
	if len(images) > 0 {
		cells = nil
		for _, image := range images {
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

// matrixImages is each image in each version, once; none where only the project's own is meant.
func matrixImages(m config.Matrix, own string) ([]string, error) {
	if len(m.Version) == 0 {
		return m.Image, nil
	}
	images := m.Image
	if len(images) == 0 {
		images = []string{own}
	}
	if len(images)*len(m.Version) > maxCells {
		return nil, usagef("--matrix: more than %d combinations", maxCells)
	}
	var out []string
	for _, image := range images {
		for _, v := range m.Version {
			ref, ok := config.ParseImage(image).InVersion(v)
			if !ok {
				return nil, usagef("test.matrix.version: the image %s has no versions", image)
			}
			if !slices.Contains(out, ref) {
				out = append(out, ref)
			}
		}
	}
	return out, nil
}
