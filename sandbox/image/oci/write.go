package oci

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/klauspost/compress/gzip"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	spec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	ggcr "github.com/google/go-containerregistry/pkg/v1"
)

// Content is an image to be written. The configuration's list of layers is made anew.
type Content struct {
	Config spec.Image
	// Raw, if any, is the configuration with what other programs have added to it; it
	// wins over Config.
	Raw []byte
	// Layers write the uncompressed tar of each, the lowest first.
	Layers []func(io.Writer) error
}

// WriteLayout writes an OCI image layout into the empty directory dir. The same
// content gives the same bytes.
//
// The name is the image's whole name; it is noted, and its tag is the tag in the layout.
func WriteLayout(dir, name string, c Content) (digest.Digest, error) {
	blobs := filepath.Join(dir, spec.ImageBlobsDir, "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return "", err
	}
	m := spec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: spec.MediaTypeImageManifest}
	fs := spec.RootFS{Type: "layers"}
	var err error
	if m.Layers, fs.DiffIDs, err = writeLayers(blobs, c.Layers); err != nil {
		return "", err
	}
	config, err := c.config(fs)
	if err != nil {
		return "", err
	}
	if m.Config, err = writeJSON(blobs, spec.MediaTypeImageConfig, config); err != nil {
		return "", err
	}
	d, err := writeJSON(blobs, spec.MediaTypeImageManifest, m)
	if err != nil {
		return "", err
	}
	d.Annotations = map[string]string{spec.AnnotationRefName: tagOf(name), wholeName: name}
	index := spec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: spec.MediaTypeImageIndex, Manifests: []spec.Descriptor{d}}
	return d.Digest, errors.Join(
		writeDocument(filepath.Join(dir, spec.ImageIndexFile), index),
		writeDocument(filepath.Join(dir, spec.ImageLayoutFile), spec.ImageLayout{Version: spec.ImageLayoutVersion}),
	)
}

// config is the configuration with the layers as they were written, and with its
// history as long as that speaks of as many.
func (c Content) config(fs spec.RootFS) (any, error) {
	written := 0
	for _, h := range c.Config.History {
		if !h.EmptyLayer {
			written++
		}
	}
	whole := written == len(fs.DiffIDs)
	if len(c.Raw) == 0 {
		config := c.Config
		config.RootFS = fs
		if !whole {
			config.History = nil
		}
		return config, nil
	}
	var config map[string]json.RawMessage
	err := json.Unmarshal(c.Raw, &config)
	if err == nil {
		config["rootfs"], err = json.Marshal(fs)
	}
	if !whole {
		delete(config, "history")
	}
	return config, err
}

// wholeName is the annotation that containerd, and after it others, have for the name of an image.
const wholeName = "io.containerd.image.name"

func tagOf(name string) string {
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
		return name[at+1:]
	}
	return "latest"
}

// writeLayers compresses as many layers at once as there are processors.
func writeLayers(blobs string, layers []func(io.Writer) error) ([]spec.Descriptor, []digest.Digest, error) {
	list, ids := make([]spec.Descriptor, len(layers)), make([]digest.Digest, len(layers))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for n, write := range layers {
		group.Go(func() (err error) {
			list[n], ids[n], err = writeLayer(blobs, write)
			return err
		})
	}
	return list, ids, group.Wait()
}

// writeLayer compresses a layer and names it by its digest.
func writeLayer(blobs string, write func(io.Writer) error) (d spec.Descriptor, id digest.Digest, err error) {
	f, err := os.CreateTemp(blobs, ".new-")
	if err != nil {
		return d, "", err
	}
	packed, plain := sha256.New(), sha256.New()
	z := gzip.NewWriter(io.MultiWriter(f, packed))
	err = write(io.MultiWriter(z, plain))
	size := int64(0)
	if err = errors.Join(err, z.Close()); err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return d, "", errors.Join(err, os.Remove(f.Name()))
	}
	d = spec.Descriptor{MediaType: spec.MediaTypeImageLayerGzip, Digest: digest.NewDigest(digest.SHA256, packed), Size: size}
	return d, digest.NewDigest(digest.SHA256, plain), os.Rename(f.Name(), filepath.Join(blobs, d.Digest.Encoded()))
}

func writeJSON(blobs, mediaType string, v any) (spec.Descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return spec.Descriptor{}, err
	}
	d := spec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
	return d, os.WriteFile(filepath.Join(blobs, d.Digest.Encoded()), b, 0o644)
}

func writeDocument(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// WriteArchive puts a layout's directory into an OCI archive. Its entries are the
// caller's: other programs unpack it with owners, and need not be root for that.
func WriteArchive(w io.Writer, dir string) error {
	t := tar.NewWriter(w)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return t.WriteHeader(header(name+"/", 0o755, tar.TypeDir, 0))
		}
		return addFile(t, path, name)
	})
	return errors.Join(err, t.Close())
}

func header(name string, mode int64, kind byte, size int64) *tar.Header {
	return &tar.Header{
		Name: name, Mode: mode, Typeflag: kind, Size: size, ModTime: time.Unix(0, 0), Uid: os.Getuid(), Gid: os.Getgid(),
	}
}

func addFile(t *tar.Writer, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(header(name, 0o644, tar.TypeReg, st.Size())); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// WriteDockerArchive writes a layout's image as docker load takes it.
func WriteDockerArchive(w io.Writer, dir, ref string) error {
	i, err := only(dir)
	if err != nil {
		return err
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		return &PullError{Ref: printable(ref), Kind: ErrReference, Err: err}
	}
	return tarball.Write(tag, i, w)
}

// Push sends a layout's image to a registry.
func Push(ctx context.Context, dir, ref string, o Options) error {
	err := push(ctx, dir, ref, o)
	var p *PullError
	if errors.As(err, &p) {
		return &PushError{p}
	}
	return err
}

func push(ctx context.Context, dir, ref string, o Options) error {
	i, err := only(dir)
	if err != nil {
		return err
	}
	at, err := parse(ref)
	if err != nil {
		return err
	}
	r, err := NewRegistry(ref, Options{AuthFile: o.AuthFile, CAFile: o.CAFile})
	if err != nil {
		return err
	}
	want, err := platform("")
	if err != nil {
		return err
	}
	if err := remote.Write(at, i, r.remoteOptions(ctx, want)...); err != nil {
		return r.failed(at, err)
	}
	return nil
}

// only is the one image of a layout that we wrote.
func only(dir string) (ggcr.Image, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	m, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	return index.Image(m.Manifests[0].Digest)
}
