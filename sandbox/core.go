//go:build core

package sandbox

import (
	"context"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/carried"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// What the core of the program leaves to the whole of it: everything that
// fetches, reads and writes images. See package carried.

func source(spec.Image, func(digest string) string) (image.Source, error) {
	return nil, carried.ErrCore
}

func (e *Engine) makeApt(context.Context, spec.Image, userns.IDMap, func(spec.Event)) (store.Image, error) {
	return store.Image{}, carried.ErrCore
}

// CanBuild is ErrCore where a build is left to the whole program, before anything is read for it.
func CanBuild() error { return carried.ErrCore }

func (e *Engine) makeBuild(context.Context, spec.Image, userns.IDMap, func(spec.Event)) (store.Image, error) {
	return store.Image{}, carried.ErrCore
}

// LoadImage is left to the whole program.
func (e *Engine) LoadImage(context.Context, spec.Spec, string, func(spec.Event)) ([]string, error) {
	return nil, carried.ErrCore
}

// SaveImage is left to the whole program.
func (e *Engine) SaveImage(context.Context, spec.Spec, string, func(spec.Event)) error {
	return carried.ErrCore
}

// PushImage is left to the whole program.
func (e *Engine) PushImage(context.Context, spec.Spec, string, func(spec.Event)) error {
	return carried.ErrCore
}

func fetchFeature(context.Context, feature.Reference, string, spec.Registry, string) (string, error) {
	return "", carried.ErrCore
}
