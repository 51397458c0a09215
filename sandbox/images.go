package sandbox

import (
	"context"
	"fmt"
	"runtime"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// images are those of this engine's store.
func (e *Engine) images(emit func(spec.Event)) *local.Images {
	return &local.Images{
		Store: e.store, Emit: orNothing(emit), Open: source,
		Make: func(ctx context.Context, i spec.Image, ids userns.IDMap) (store.Image, error) {
			return e.makeApt(ctx, i, ids, orNothing(emit))
		},
	}
}

func hostPlatform() v1.Platform { return v1.Platform{OS: "linux", Architecture: runtime.GOARCH} }

// source is where an image comes from.
func source(i spec.Image, partial func(digest string) string) (image.Source, error) {
	o := registryOptions(i.Registry)
	o.Platform, o.Partial = i.Platform, partial
	switch i.Kind {
	case spec.ImageRegistry:
		ref := i.Name
		if i.Digest != "" {
			ref = oci.AtDigest(ref, i.Digest)
		}
		return oci.NewRegistry(ref, o)
	case spec.ImageOCI, spec.ImageOCIArchive:
		return oci.NewLayout(i.Path, i.Tag, o), nil
	case spec.ImageDockerArchive:
		return oci.NewDockerArchive(i.Path, i.Tag), nil
	}
	return nil, fmt.Errorf("no source for images of kind %s", i.Kind)
}

func registryOptions(r spec.Registry) oci.Options {
	o := oci.Options{CAFile: r.CAFile, AuthFile: r.AuthFile}
	for _, m := range r.Mirrors {
		o.Mirrors = append(o.Mirrors, oci.Mirror{Prefix: m.Prefix, With: m.With, Only: m.Only})
	}
	return o
}
