package oci

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	ggcr "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"
	spec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// files are the files of an image layout or an archive, by their names in it.
// Nothing is written to disk to read them, and no name leads out.
type files interface {
	open(name string) (io.ReadCloser, int64, error)
}

// dir is a directory with an image layout.
type dir string

func (d dir) open(name string) (io.ReadCloser, int64, error) {
	f, err := os.OpenInRoot(string(d), name)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", printable(name))
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, st.Size(), nil
}

// tarFile is a tar archive, not compressed, with the places of its files in it.
type tarFile struct {
	path  string
	files map[string]section
}

type section struct {
	offset, size int64
	link         string // of a link to another file of the archive
}

// maxEntries bounds the index of an archive, in which a name takes some hundred bytes.
const maxEntries = 100_000

func openTar(file string) (*tarFile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	t := &tarFile{path: file, files: map[string]section{}}
	r := tar.NewReader(f)
	for {
		h, err := r.Next()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if len(t.files) >= maxEntries {
			return nil, fmt.Errorf("read %s: more than %d entries", file, maxEntries)
		}
		name := path.Clean(h.Name)
		switch h.Typeflag {
		case tar.TypeReg:
			at, err := f.Seek(0, io.SeekCurrent)
			if err != nil {
				return nil, err
			}
			t.files[name] = section{offset: at, size: h.Size}
		case tar.TypeSymlink: // docker save writes a layer that is there twice as a link
			t.files[name] = section{link: path.Join(path.Dir(name), h.Linkname)}
		case tar.TypeLink:
			t.files[name] = section{link: path.Clean(h.Linkname)}
		}
	}
}

func (t *tarFile) open(name string) (io.ReadCloser, int64, error) {
	s, ok := t.files[path.Clean(name)]
	if ok && s.link != "" {
		s, ok = t.files[s.link]
		ok = ok && s.link == ""
	}
	if !ok {
		return nil, 0, fmt.Errorf("%s has no %s: %w", t.path, printable(name), os.ErrNotExist)
	}
	f, err := os.Open(t.path)
	if err != nil {
		return nil, 0, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, s.offset, s.size), f}, s.size, nil
}

// document reads a small file and decodes it.
func document(f files, name string, v any) ([]byte, error) {
	r, size, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if size > maxDocument {
		return nil, fmt.Errorf("%s: longer than %d bytes", printable(name), maxDocument)
	}
	b, err := io.ReadAll(io.LimitReader(r, maxDocument))
	if err == nil {
		err = decode(b, v)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable(name), err)
	}
	return b, nil
}

// blob reads a small file that is named by its digest.
func blob(f files, d spec.Descriptor, v any) ([]byte, error) {
	if err := d.Digest.Validate(); err != nil {
		return nil, err
	}
	b, err := document(f, blobName(d.Digest), v)
	if err == nil && d.Digest.Algorithm().FromBytes(b) != d.Digest {
		err = &DigestError{d.Digest.String(), d.Digest.Algorithm().FromBytes(b).String()}
	}
	return b, err
}

func blobName(d digest.Digest) string { return "blobs/" + d.Algorithm().String() + "/" + d.Encoded() }

// Layout is an image of an OCI image layout, in a directory or an archive.
type Layout struct {
	ref, tag string
	files    func() (files, error)
	options  Options
}

// NewLayout is the source of an image layout at a path. The tag says which
// image of several; it may be empty where there is one.
func NewLayout(at, tag string, o Options) *Layout {
	return &Layout{ref: at, tag: tag, options: o, files: func() (files, error) {
		st, err := os.Stat(at)
		if err != nil {
			return nil, err
		}
		if st.IsDir() {
			return dir(at), nil
		}
		return openTar(at)
	}}
}

// Resolve implements image.Source.
func (l *Layout) Resolve(context.Context) (image.Image, error) {
	f, err := l.files()
	if err != nil {
		return image.Image{}, err
	}
	var index spec.Index
	if _, err := document(f, spec.ImageIndexFile, &index); err != nil {
		return image.Image{}, err
	}
	d, err := tagged(index.Manifests, l.tag)
	if err != nil {
		return image.Image{}, &PullError{l.ref, ErrNotFound, err}
	}
	if d, err = l.platform(f, d); err != nil {
		return image.Image{}, err
	}
	out := image.Image{Ref: l.ref, Digest: d.Digest}
	var m ggcr.Manifest
	if out.Manifest, err = blob(f, d, &m); err != nil {
		return image.Image{}, err
	}
	config := spec.Descriptor{Digest: digest.Digest(m.Config.Digest.String())}
	if out.ConfigRaw, err = blob(f, config, &out.Config); err != nil {
		return image.Image{}, err
	}
	want, err := platform(l.options.Platform)
	if err == nil {
		err = fits(out, want)
	}
	if err != nil {
		return image.Image{}, err
	}
	return withLayers(out, m)
}

// platform follows an index to the image of this platform.
func (l *Layout) platform(f files, d spec.Descriptor) (spec.Descriptor, error) {
	if !strings.Contains(d.MediaType, "index") && !strings.Contains(d.MediaType, "manifest.list") {
		return d, nil
	}
	want, err := platform(l.options.Platform)
	if err != nil {
		return d, &PullError{l.ref, ErrPlatform, err}
	}
	var index spec.Index
	if _, err := blob(f, d, &index); err != nil {
		return d, err
	}
	var have []string
	for _, m := range index.Manifests {
		if m.Platform == nil || m.Platform.OS == "unknown" {
			continue
		}
		p := ggcr.Platform{OS: m.Platform.OS, Architecture: m.Platform.Architecture, Variant: m.Platform.Variant}
		if p.Satisfies(want) {
			return m, nil
		}
		have = append(have, printable(p.String()))
	}
	return d, &PullError{l.ref, ErrPlatform, fmt.Errorf("there are %v", have)}
}

// tagged picks the image of a tag, or the only one.
func tagged(list []spec.Descriptor, tag string) (spec.Descriptor, error) {
	var names []string
	for _, d := range list {
		name := d.Annotations[spec.AnnotationRefName]
		if tag != "" && (name == tag || d.Annotations[wholeName] == tag) {
			return d, nil
		}
		names = append(names, printable(name))
	}
	if tag == "" && len(list) == 1 {
		return list[0], nil
	}
	slices.Sort(names)
	return spec.Descriptor{}, fmt.Errorf("the images are: %s", strings.Join(names, ", "))
}

// Open implements image.Source.
func (l *Layout) Open(_ context.Context, layer image.Layer) (io.ReadCloser, error) {
	f, err := l.files()
	if err != nil {
		return nil, err
	}
	r, _, err := f.open(blobName(layer.Blob.Digest))
	if err != nil {
		return nil, err
	}
	return verify(r, layer.Blob), nil
}

// verified ends in an error when what was read is not what the digest says.
type verified struct {
	io.ReadCloser
	want spec.Descriptor
	sum  hash.Hash
}

func verify(r io.ReadCloser, want spec.Descriptor) io.ReadCloser {
	return &verified{r, want, sha256.New()}
}

func (v *verified) Read(b []byte) (int, error) {
	n, err := v.ReadCloser.Read(b)
	_, _ = v.sum.Write(b[:n])
	if err == io.EOF {
		if got := "sha256:" + hex.EncodeToString(v.sum.Sum(nil)); got != v.want.Digest.String() {
			err = &DigestError{v.want.Digest.String(), got}
		}
	}
	return n, err
}
