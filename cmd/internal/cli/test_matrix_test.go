package cli

import (
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestMatrixCells(t *testing.T) {
	for _, c := range []struct {
		name string
		m    config.Matrix
		want []string
	}{
		{"images", config.Matrix{Image: []string{"host", "apt:trixie"}}, []string{"image=host", "image=apt:trixie"}},
		{"variables in the order of their names", config.Matrix{Env: map[string][]string{"B": {"x"}, "A": {"1", "2"}, "C": {}}}, []string{"A=1 B=x", "A=2 B=x"}},
		{"both", config.Matrix{Image: []string{"a", "b"}, Env: map[string][]string{"A": {"", "2"}}}, []string{"image=a A=", "image=a A=2", "image=b A=", "image=b A=2"}},
		{"versions of the project's image", config.Matrix{Version: []string{"1.25", "1.26"}}, []string{"image=golang:1.25", "image=golang:1.26"}},
		{"versions of images", config.Matrix{Image: []string{"x.org:5000/go@sha256:1", "apt:trixie", "oci:dir:old"}, Version: []string{"v"}}, []string{"image=x.org:5000/go:v", "image=apt:v", "image=oci:dir:v"}},
		{"the same image twice", config.Matrix{Image: []string{"go:1", "go:2"}, Version: []string{"3"}}, []string{"image=go:3"}},
		{"suites of a day", config.Matrix{Image: []string{"apt:trixie@20260101T000000Z"}, Version: []string{"sid"}}, []string{"image=apt:sid@20260101T000000Z"}},
	} {
		cells, err := matrixCells(c.m, "golang:1.24")
		var got []string
		for _, one := range cells {
			got = append(got, one.label())
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestMatrixRefuses(t *testing.T) {
	many := make([]string, 40)
	for name, m := range map[string]config.Matrix{
		"nothing to vary":       {},
		"too much":              {Env: map[string][]string{"A": many, "B": many}},
		"too many versions":     {Image: many, Version: many},
		"versions of a machine": {Image: []string{"host"}, Version: []string{"1"}},
		"versions of a tree":    {Image: []string{"rootfs:/x"}, Version: []string{"1"}},
	} {
		if cells, err := matrixCells(m, "host"); err == nil {
			t.Errorf("%s: %v", name, cells)
		}
	}
}
