// Package image is the vocabulary of images: what a source knows of one before
// anything of it is unpacked. It answers: of what layers, and with what
// settings, is that root file system made?
package image

import (
	"context"
	"io"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// Image is one image for one platform.
type Image struct {
	Ref      string        // as the user named it
	Digest   digest.Digest // of the manifest
	Manifest []byte        // as it was received; its digest is Digest
	// ConfigRaw is the image configuration as it was received, Config the same decoded
	// (OCI image spec, config.md; Docker's is a superset).
	ConfigRaw []byte
	Config    v1.Image
	Layers    []Layer // the lowest first
}

// Layer is one changeset.
type Layer struct {
	DiffID digest.Digest // of the uncompressed tar
	// Blob is what is fetched. Its media type says the compression; one that is
	// wrong does not matter, what the bytes begin with decides.
	Blob v1.Descriptor
}

// Source is where one image comes from. Open may be called from several
// goroutines at once.
type Source interface {
	Resolve(ctx context.Context) (Image, error)
	// Open gives the blob of a layer as it is stored. Reading it to the end ends
	// in an error, not in io.EOF, when the bytes are not those of the digest.
	Open(ctx context.Context, l Layer) (io.ReadCloser, error)
}
