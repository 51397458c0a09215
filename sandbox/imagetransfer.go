package sandbox

import (
	"context"
	"errors"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

var errNotYet = errors.New("not there yet")

// LoadImage takes all images of an archive and answers their names.
func (e *Engine) LoadImage(_ context.Context, _ string, _ func(spec.Event)) ([]string, error) {
	return nil, errNotYet
}

// SaveImage writes an image that is here to oci:DIR, oci-archive:FILE or docker-archive:FILE.
func (e *Engine) SaveImage(_ context.Context, _, _ string, _ func(spec.Event)) error {
	return errNotYet
}

// PushImage sends an image that is here to a registry.
func (e *Engine) PushImage(_ context.Context, _, _ string, _ func(spec.Event)) error {
	return errNotYet
}
