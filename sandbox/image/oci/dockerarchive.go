package oci

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"

	"github.com/opencontainers/go-digest"
	spec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// DockerArchive is an image of what docker save writes.
type DockerArchive struct{ file, tag string }

// NewDockerArchive is the source of an archive. The tag says which image of
// several; it may be empty where there is one.
func NewDockerArchive(file, tag string) *DockerArchive { return &DockerArchive{file, tag} }

// dockerManifest is one entry of the archive's manifest.json.
type dockerManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func dockerManifests(f files) ([]dockerManifest, error) {
	var list []dockerManifest
	_, err := document(f, "manifest.json", &list)
	return list, err
}

func (d *DockerArchive) find(f files) (dockerManifest, error) {
	list, err := dockerManifests(f)
	if err != nil {
		return dockerManifest{}, err
	}
	var names []string
	for _, m := range list {
		for _, tag := range m.RepoTags {
			if tag == d.tag || d.tag != "" && path.Base(tag) == d.tag {
				return m, nil
			}
			names = append(names, printable(tag))
		}
	}
	if d.tag == "" && len(list) == 1 {
		return list[0], nil
	}
	return dockerManifest{}, &PullError{d.file, ErrNotFound, fmt.Errorf("there are %v", names)}
}

// Resolve implements image.Source.
func (d *DockerArchive) Resolve(context.Context) (image.Image, error) {
	f, err := openTar(d.file)
	if err != nil {
		return image.Image{}, err
	}
	m, err := d.find(f)
	if err != nil {
		return image.Image{}, err
	}
	out := image.Image{Ref: d.file}
	if out.ConfigRaw, err = document(f, m.Config, &out.Config); err != nil {
		return image.Image{}, err
	}
	out.Digest = digest.FromBytes(out.ConfigRaw) // there is no manifest that a registry would have
	ids := out.Config.RootFS.DiffIDs
	if len(ids) != len(m.Layers) {
		return image.Image{}, fmt.Errorf("read %s: the configuration names %d layers, the manifest %d", d.file, len(ids), len(m.Layers))
	}
	for i, name := range m.Layers {
		if err := ids[i].Validate(); err != nil {
			return image.Image{}, fmt.Errorf("read %s: %w", d.file, err)
		}
		r, size, err := f.open(name)
		if err != nil {
			return image.Image{}, err
		}
		_ = r.Close()
		out.Layers = append(out.Layers, image.Layer{DiffID: ids[i], Blob: spec.Descriptor{
			MediaType: spec.MediaTypeImageLayer, Digest: ids[i], Size: size,
		}})
	}
	return out, nil
}

// Open implements image.Source. The content is checked where it is unpacked: an
// archive has no other digest of it.
func (d *DockerArchive) Open(_ context.Context, l image.Layer) (io.ReadCloser, error) {
	f, err := openTar(d.file)
	if err != nil {
		return nil, err
	}
	m, err := d.find(f)
	if err != nil {
		return nil, err
	}
	var config spec.Image
	if _, err := document(f, m.Config, &config); err != nil {
		return nil, err
	}
	for i, id := range config.RootFS.DiffIDs {
		if id == l.DiffID && i < len(m.Layers) {
			r, _, err := f.open(m.Layers[i])
			return r, err
		}
	}
	return nil, &PullError{d.file, ErrNotFound, fmt.Errorf("no layer %s", l.DiffID)}
}

// Names are the names in an archive: of each image the scheme that reads it, and
// the name to ask for it by.
func Names(file string) (scheme string, tags []string, err error) {
	f, err := openTar(file)
	if err != nil {
		return "", nil, err
	}
	if list, err := dockerManifests(f); err == nil {
		for _, m := range list {
			tags = append(tags, m.RepoTags...)
		}
		return "docker-archive", tags, nil
	}
	var index spec.Index
	if _, err := document(f, spec.ImageIndexFile, &index); err != nil {
		return "", nil, fmt.Errorf("read %s: neither an OCI nor a docker archive: %w", file, err)
	}
	for _, d := range index.Manifests {
		tags = append(tags, cmp.Or(d.Annotations[wholeName], d.Annotations[spec.AnnotationRefName]))
	}
	return "oci-archive", tags, nil
}
