package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	spec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// Artifact is something else than an image that a registry keeps: one file under a manifest.
type Artifact struct {
	Digest   string          // of the manifest
	Manifest []byte          // as it was received
	File     spec.Descriptor // its one file
}

// ResolveArtifact asks for the manifest of an artifact whose file is of a media type.
// Open, with the file as a layer's blob, gives its content.
func (r *Registry) ResolveArtifact(ctx context.Context, mediaType string) (Artifact, error) {
	var first error
	for _, at := range r.at {
		a, err := r.artifactAt(ctx, at, mediaType)
		if err == nil {
			r.mu.Lock()
			r.found = at
			r.mu.Unlock()
			return a, nil
		}
		if first == nil || errors.Is(first, ErrUnreachable) {
			first = err
		}
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
	}
	return Artifact{}, first
}

func (r *Registry) artifactAt(ctx context.Context, at name.Reference, mediaType string) (Artifact, error) {
	want, err := platform(r.options.Platform)
	if err != nil {
		return Artifact{}, err
	}
	d, err := remote.Get(at, r.remoteOptions(ctx, want)...)
	if err != nil {
		return Artifact{}, r.failed(at, err)
	}
	a := Artifact{Digest: d.Digest.String(), Manifest: d.Manifest}
	if a.File, err = fileOf(d.Manifest, mediaType); err != nil {
		return a, &PullError{Ref: at.Name(), Err: err}
	}
	return a, nil
}

// fileOf is the first file of a manifest, if it is of that media type.
func fileOf(manifest []byte, mediaType string) (spec.Descriptor, error) {
	var m v1.Manifest
	switch err := json.Unmarshal(manifest, &m); {
	case len(manifest) > maxDocument:
		return spec.Descriptor{}, fmt.Errorf("its manifest is larger than %d bytes", maxDocument)
	case err != nil:
		return spec.Descriptor{}, fmt.Errorf("read the manifest: %w", err)
	case len(m.Layers) == 0:
		return spec.Descriptor{}, errors.New("its manifest names no file")
	case string(m.Layers[0].MediaType) != mediaType:
		return spec.Descriptor{}, fmt.Errorf("it holds %s, not %s", printable(string(m.Layers[0].MediaType)), mediaType)
	}
	l := m.Layers[0]
	d := spec.Descriptor{MediaType: mediaType, Digest: digest.Digest(l.Digest.String()), Size: l.Size}
	if err := d.Digest.Validate(); err != nil || d.Size < 0 {
		return d, fmt.Errorf("its manifest names no file by digest and size")
	}
	return d, nil
}

// OpenFile reads the file of an artifact. What is read is checked against digest and size.
func (r *Registry) OpenFile(ctx context.Context, a Artifact) (io.ReadCloser, error) {
	return r.Open(ctx, image.Layer{Blob: a.File})
}
