// Package oci reads and writes images as the OCI specifications say: of
// registries, of image layouts, and of archives. It answers: what does a
// reference stand for, and how do its layers get here?
//
// Whatever comes from elsewhere is checked against its digest and its size, and
// the documents among it are bounded.
package oci

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/opencontainers/go-digest"
	spec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// Options say how images are reached. The zero value works.
type Options struct {
	Platform string // os/arch[/variant]; empty: linux on this machine's processor
	Mirrors  []Mirror
	CAFile   string // certificates, PEM, that registries are trusted by besides the system's
	AuthFile string // a file in the format of docker's config.json; wins over docker's own
	// Partial gives the file that a blob is put into while it is fetched. What is
	// there already is gone on with. It stays until the caller removes it.
	Partial func(digest string) string
}

// maxDocument bounds manifests, indexes and configurations.
const maxDocument = 4 << 20

// describe takes an image apart whose documents were fetched and verified.
func describe(ref string, i v1.Image) (image.Image, error) {
	out := image.Image{Ref: ref}
	d, err := i.Digest()
	if err != nil {
		return out, err
	}
	out.Digest = digest.Digest(d.String())
	if out.Manifest, err = i.RawManifest(); err != nil {
		return out, err
	}
	if out.ConfigRaw, err = i.RawConfigFile(); err != nil {
		return out, err
	}
	if err := decode(out.ConfigRaw, &out.Config); err != nil {
		return out, fmt.Errorf("read the configuration: %w", err)
	}
	m, err := i.Manifest()
	if err != nil {
		return out, err
	}
	return withLayers(out, *m)
}

// withLayers pairs what the configuration and the manifest say of the layers.
func withLayers(out image.Image, m v1.Manifest) (image.Image, error) {
	ids := out.Config.RootFS.DiffIDs
	if len(ids) != len(m.Layers) {
		return out, fmt.Errorf("the configuration names %d layers, the manifest %d", len(ids), len(m.Layers))
	}
	for n, l := range m.Layers {
		if err := usable(l, ids[n]); err != nil {
			return out, err
		}
		out.Layers = append(out.Layers, image.Layer{DiffID: ids[n], Blob: spec.Descriptor{
			MediaType: string(l.MediaType), Digest: digest.Digest(l.Digest.String()), Size: l.Size,
		}})
	}
	return out, nil
}

// fits makes sure that an image that is there for one platform is there for this one.
func fits(i image.Image, want v1.Platform) error {
	if arch := i.Config.Architecture; arch != "" && arch != want.Architecture {
		return &PullError{i.Ref, ErrPlatform, fmt.Errorf("it is for %s/%s", printable(i.Config.OS), printable(arch))}
	}
	return nil
}

// usable refuses what is no layer of files, or is not meant to be fetched from a registry.
func usable(l v1.Descriptor, id digest.Digest) error {
	if err := id.Validate(); err != nil {
		return fmt.Errorf("the configuration names a layer %q: %w", printable(id.String()), err)
	}
	switch {
	case l.Size < 0:
		return fmt.Errorf("layer %s has a size of %d bytes", l.Digest, l.Size)
	case l.MediaType == types.DockerForeignLayer || strings.Contains(string(l.MediaType), "nondistributable"):
		return fmt.Errorf("layer %s is not distributed by registries (%s)", l.Digest, printable(string(l.MediaType)))
	case !strings.Contains(string(l.MediaType), "tar") && !strings.Contains(string(l.MediaType), "rootfs.diff"):
		return fmt.Errorf("layer %s is no file system (%s)", l.Digest, printable(string(l.MediaType)))
	}
	return nil
}
