//go:build !core

package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// LoadImage takes all images of an archive and answers their names. s says for
// whom they are unpacked.
func (e *Engine) LoadImage(ctx context.Context, s spec.Spec, file string, emit func(spec.Event)) ([]string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	scheme, tags, err := oci.Names(file)
	if err != nil {
		return nil, &ImageError{Ref: file, Err: err}
	}
	if len(tags) == 0 {
		tags = []string{""}
	}
	var names []string
	for _, tag := range tags {
		i := spec.Image{Kind: scheme, Path: file, Tag: tag, Ref: scheme + ":" + file, Name: loadedName(file, tag)}
		b, err := e.images(emit).Ensure(ctx, i, caller(s.IDs).Map(s.User.UID, s.User.GID), local.Always)
		if err != nil {
			return names, &ImageError{Ref: i.Ref, Err: err}
		}
		b.Release()
		kept := b.Image
		kept.Stamp = "" // from now on it is here, whatever becomes of the file
		if err := e.store.WriteImage(kept); err != nil {
			return names, err
		}
		names = append(names, i.Name)
	}
	return names, nil
}

// loadedName is what an image of an archive is called here.
func loadedName(file, tag string) string {
	switch written := config.ParseImage(tag); {
	case !strings.ContainsAny(tag, ":/"): // what an OCI layout has may be a tag alone
		return savedName("rootfs:"+file, tag)
	case written.Scheme != "docker":
		return "localhost/" + tag // as it stands it would mean something else
	default:
		return written.Reference()
	}
}

// savedName is what an image is called elsewhere: there a path, or a suite, is no
// name. The tag wins over the image's own, unless it is empty.
func savedName(name, tag string) string {
	i := config.ParseImage(name)
	switch {
	case i.IsPath():
		base, _, _ := strings.Cut(filepath.Base(i.Rest), ".")
		name = "localhost/" + word(base) + ":" + cmp.Or(word(i.Tag), "latest")
	case strings.HasPrefix(name, spec.ImageBuild+":"):
		name = "localhost/build:latest"
	case i.Scheme == "apt":
		suite, _, _ := strings.Cut(i.Rest, " ")
		name = "localhost/apt:" + word(suite)
	}
	if tag != "" {
		name, _, _ = strings.Cut(name, "@")
		if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
			name = name[:at]
		}
		name += ":" + tag
	}
	return name
}

// word is what a text may be as a part of a reference.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return strings.Trim(s, "-")
}

// SaveImage writes an image that is here to oci:DIR, oci-archive:FILE or docker-archive:FILE.
func (e *Engine) SaveImage(ctx context.Context, s spec.Spec, to string, emit func(spec.Event)) error {
	target := config.ParseImage(to)
	switch target.Scheme {
	case "oci", "oci-archive", "docker-archive":
	default:
		return fmt.Errorf("save image to %s: expected oci:DIR, oci-archive:FILE or docker-archive:FILE", to)
	}
	if _, err := os.Lstat(target.Rest); err == nil {
		return fmt.Errorf("save image to %s: it is there already", target.Rest)
	}
	return e.withLayout(ctx, s, target.Tag, emit, func(dir, name string) error {
		if target.Scheme == "oci" {
			return os.CopyFS(target.Rest, os.DirFS(dir))
		}
		return writeWhole(target.Rest, func(w io.Writer) error {
			if target.Scheme == "oci-archive" {
				return oci.WriteArchive(w, dir)
			}
			return oci.WriteDockerArchive(w, dir, name)
		})
	})
}

// writeWhole makes a file of what write writes, or none.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// PushImage sends an image that is here to a registry.
func (e *Engine) PushImage(ctx context.Context, s spec.Spec, ref string, emit func(spec.Event)) error {
	return e.withLayout(ctx, s, "", emit, func(dir, _ string) error {
		begin := time.Now()
		orNothing(emit)(spec.Event{Kind: "image", Name: ref, State: "start", Detail: "pushing"})
		if err := oci.Push(ctx, dir, ref, registryOptions(s.Image.Registry)); err != nil {
			return err
		}
		orNothing(emit)(spec.Event{Kind: "image", Name: ref, State: "ok", Elapsed: time.Since(begin), Detail: "pushed"})
		return nil
	})
}

// withLayout writes an image as an OCI layout that is gone afterwards.
func (e *Engine) withLayout(ctx context.Context, s spec.Spec, tag string, emit func(spec.Event), use func(dir, name string) error) error {
	ids := caller(s.IDs).Map(s.User.UID, s.User.GID)
	if err := unpackable(&s.Image); err != nil {
		return &ImageError{Ref: s.Image.Ref, Err: err}
	}
	policy := local.Missing
	if s.Image.Kind == spec.ImageKept {
		policy = local.Never
	}
	b, err := e.images(emit).Ensure(ctx, s.Image, ids, policy)
	if err != nil {
		return &ImageError{Ref: s.Image.Ref, Err: err}
	}
	defer b.Release()
	tmp, done, err := e.store.Temp("save")
	if err != nil {
		return err
	}
	defer done()
	defer func() { _ = tmp.Remove() }()
	content, err := contentOf(ctx, b, ids)
	if err != nil {
		return err
	}
	dir := filepath.Join(tmp.Path(), "layout")
	name := savedName(b.Image.Name, tag)
	if _, err := oci.WriteLayout(dir, name, content); err != nil {
		return err
	}
	return use(dir, name)
}

// contentOf has the layers of a base written by jobs that may read them.
func contentOf(ctx context.Context, b *local.Base, ids userns.IDMap) (oci.Content, error) {
	c := oci.Content{Config: v1.Image{Platform: hostPlatform()}}
	if len(b.Image.Config) > 0 {
		if err := json.Unmarshal(b.Image.Config, &c.Config); err != nil {
			return c, err
		}
		c.Raw = b.Image.Config
	}
	if ids.Single() {
		ids = caller(spec.IDsSingle).Map(0, 0) // whose id it is stands in notes; what has none is root's
	}
	for _, dir := range b.Dirs {
		c.Layers = append(c.Layers, func(w io.Writer) error {
			return job.Stream(ctx, job.Job{Export: &job.Export{Dir: dir, Single: ids.Single()}}, ids, nil, w)
		})
	}
	return c, nil
}
