//go:build !core

package sandbox

import (
	"fmt"
	"runtime"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

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

func hostPlatform() v1.Platform { return v1.Platform{OS: "linux", Architecture: runtime.GOARCH} }
