package builder

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/builder/inputs"
	"github.com/rootless-sandbox/sandbox/sandbox/image"
	layerfiles "github.com/rootless-sandbox/sandbox/sandbox/image/changes"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// baseImage is an image that a build begins with or copies from.
type baseImage struct {
	once   sync.Once
	base   *local.Base
	config dockerfile.Config
	layers []image.Layer
	key    string
	err    error
}

// use makes an image present, once for a build.
func (b *build) use(ctx context.Context, ref string, trusted bool) (*baseImage, error) {
	b.mu.Lock()
	i := b.bases[ref]
	if i == nil {
		i = &baseImage{}
		b.bases[ref] = i
	}
	b.mu.Unlock()
	i.once.Do(func() { i.err = b.ensure(ctx, i, ref, trusted) })
	return i, i.err
}

func (b *build) ensure(ctx context.Context, i *baseImage, ref string, trusted bool) error {
	source, err := b.source(ref, trusted)
	if err != nil {
		return err
	}
	if source.Kind == spec.ImageDir {
		b.record.Off()
		return b.importDir(ctx, i, source.Path)
	}
	policy := local.Missing
	if b.spec.Pull && source.Kind != spec.ImageTar {
		policy = local.Always
	}
	images := b.Images(func(e spec.Event) {
		if e.Kind == "progress" {
			b.emit(e)
		}
	})
	i.base, err = images.Ensure(ctx, source, b.ids, policy)
	if _, here := b.Store.ReadImage(source.Name); err != nil && policy == local.Always && here == nil && ctx.Err() == nil {
		b.note("pull", "the image "+ref+" that is here is used: "+err.Error()) // a tag of here alone, or no network now
		i.base, err = images.Ensure(ctx, source, b.ids, local.Missing)
	}
	if err != nil {
		return &image.Error{Ref: ref, Err: err}
	}
	have := i.base.Image
	i.layers = have.Layers
	if source.Kind == spec.ImageTar {
		i.layers = []image.Layer{{DiffID: digest.Digest("file:" + have.Stamp)}}
		b.record.File(source.Path, inputs.Stamp(source.Path))
	} else {
		b.record.Image(source.Name, have.Digest)
	}
	ids := make([]string, 0, len(i.layers))
	for _, l := range i.layers {
		ids = append(ids, l.DiffID.String())
	}
	i.key = digestOf(ids...)
	if len(have.Config) > 0 {
		if err := json.Unmarshal(have.Config, &i.config); err != nil {
			return &image.Error{Ref: ref, Err: err}
		}
	}
	return nil
}

// source is what a FROM, or a --from, means. A Dockerfile names no files of this
// machine but those of its context; who builds may, as a context of its own.
func (b *build) source(ref string, trusted bool) (spec.Image, error) {
	written := config.ParseImage(ref)
	i := spec.Image{Kind: written.Scheme, Ref: ref, Tag: written.Tag, Registry: b.image.Registry}
	switch written.Scheme {
	case "host":
		return i, errors.New("FROM host: the system of this machine is no image to build on; begin with apt:SUITE or an image of a registry")
	case "docker":
		i.Name = written.Reference()
		return i, nil
	case "apt":
		i.Apt, i.AptLogin = &spec.Apt{Suite: written.Rest}, b.image.AptLogin
		if a := b.image.Apt; a != nil {
			*i.Apt = *a
			i.Apt.Suite = written.Rest
		}
		i.Name = i.Apt.Name(nil)
		return i, nil
	}
	path := written.Rest
	if !trusted {
		if b.spec.Context == "" {
			return i, fmt.Errorf("FROM %s: there is no context that it could be in", ref)
		}
		real, err := filepath.EvalSymlinks(filepath.Join(b.spec.Context, path))
		if err == nil && !filepath.IsAbs(path) {
			top, terr := filepath.EvalSymlinks(b.spec.Context)
			if terr == nil && (real == top || strings.HasPrefix(real, top+"/")) {
				path = real
			} else {
				err = errors.Join(terr, errors.New("outside"))
			}
		}
		if err != nil || !strings.HasPrefix(path, "/") || filepath.IsAbs(written.Rest) {
			return i, &failure.AsksError{What: fmt.Sprintf("FROM %s: a file of this machine outside of the context; give it a name with --build-context NAME=%s", ref, ref)}
		}
	}
	i.Path, i.Name = path, strings.TrimSuffix(written.Scheme+":"+path+":"+i.Tag, ":")
	if written.Scheme != "rootfs" {
		return i, nil
	}
	i.Kind, i.Name = spec.ImageDir, ""
	if err := local.CheckRootfs(&i); err != nil {
		return i, &image.Error{Ref: ref, Err: err}
	}
	return i, nil
}

// importDir makes a directory that is a root file system the lowest layer. What
// is the caller's in it is root's.
func (b *build) importDir(ctx context.Context, i *baseImage, dir string) error {
	id, err := treeStamp(dir)
	if err != nil {
		return err
	}
	images := b.Images(b.emit)
	i.base, err = images.Import(ctx, "dir:"+id, b.ids, func(w io.Writer) error {
		uid := os.Getuid()
		_, err := layerfiles.Write(ctx, w, dir, layerfiles.Options{Whole: true, Header: func(h *tar.Header) {
			if h.Uid == uid {
				h.Uid, h.Gid = 0, 0
			}
		}})
		return err
	})
	i.layers = []image.Layer{{DiffID: digest.Digest("dir:" + id)}}
	i.key = digestOf("dir:" + id)
	return err
}

// treeStamp changes when anything in a directory does.
func treeStamp(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			_, err = fmt.Fprintf(sum, "%s\x00%s\x00", path, inputs.StampFile(info))
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:16]), err
}
