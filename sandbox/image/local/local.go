// Package local keeps the images of one user: what each name meant when it was
// fetched, and its layers, unpacked once for each mapping of ids. It answers: is
// that image here, and where are its layers?
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Images are the images of one store.
type Images struct {
	Store *store.Store
	Emit  func(spec.Event) // image, progress
	// Make makes an image of packages, and keeps its one layer.
	Make func(ctx context.Context, i spec.Image, ids userns.IDMap) (store.Image, error)
	// Fresh says whether an image that was made of files is still what they make.
	Fresh func(i spec.Image, have store.Image) bool
	// KeepBlobs leaves what was fetched where it is: it is about to be unpacked again.
	KeepBlobs bool
	// Open makes the source of an image; the file that partial names holds what is
	// there of a blob by its digest.
	Open func(i spec.Image, partial func(digest string) string) (image.Source, error)
}

// Base is the read-only part of a root file system. Nobody removes its layers
// until Release, or the end of the process.
type Base struct {
	Image store.Image
	Keys  []string // of the layers, the lowest first
	Dirs  []string // the same as directories
	Env   []string // the image's own
	uses  []func()
}

// Release lets go of the layers.
func (b *Base) Release() {
	for _, release := range b.uses {
		release()
	}
	b.uses = nil
}

var errRemoved = errors.New("a layer was removed meanwhile")

// Policy says when a source is asked.
type Policy int

// Policies.
const (
	Missing Policy = iota // when the image is not here
	Always                // also when it is: what a name means may have changed
	Never
)

// MissingError: the image is not here, and was not to be fetched.
type MissingError struct{ Name string }

func (e *MissingError) Error() string { return fmt.Sprintf("image %s is not here", e.Name) }

// Ensure makes the image present under a mapping of ids. Any number of calls
// at once, of any number of processes, fetch and unpack each layer once.
func (m *Images) Ensure(ctx context.Context, i spec.Image, ids userns.IDMap, p Policy) (*Base, error) {
	if i.Kind == spec.ImageTar {
		return m.ensureTar(ctx, i, ids)
	}
	if i.Kind == spec.ImageBuild && p == Always {
		p = Missing // what is to be made anew is said by the build
	}
	have, err := m.here(i)
	if err == nil && p != Always {
		b, err := m.use(have, ids)
		if b != nil || err != nil {
			return b, err
		}
	}
	if err == nil && p != Always {
		if b, err := m.converted(ctx, have, ids); b != nil || err != nil {
			return b, err
		}
	}
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case p == Never:
		return nil, &MissingError{i.Name}
	}
	unlock, err := m.Store.LockName(ctx, "image "+i.Name)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if have, err = m.here(i); err == nil && p != Always {
		if b, err := m.use(have, ids); b != nil || err != nil {
			return b, err
		}
		i.Digest = have.Digest // the rest of what is half here, not something newer
	}
	return m.fetch(ctx, i, ids)
}

// converted is use for an image that is here under another mapping only.
func (m *Images) converted(ctx context.Context, have store.Image, ids userns.IDMap) (*Base, error) {
	if ok, err := m.convert(ctx, have, ids); err != nil || !ok {
		return nil, err
	}
	return m.use(have, ids)
}

// here is what is kept of an image, if it still is what its file says.
func (m *Images) here(i spec.Image) (store.Image, error) {
	have, err := m.Store.ReadImage(i.Name)
	if err == nil && i.Path != "" {
		var stamp string
		if stamp, err = Stamp(i.Path); err == nil && stamp != have.Stamp {
			err = fs.ErrNotExist
		}
	}
	if err == nil && i.Kind == spec.ImageBuild && !m.Fresh(i, have) {
		err = fs.ErrNotExist
	}
	return have, err
}

// use claims all layers of an image; nil when one is missing under this mapping.
func (m *Images) use(i store.Image, ids userns.IDMap) (*Base, error) {
	b := &Base{Image: i}
	if len(i.Config) > 0 {
		var c v1.Image
		if err := json.Unmarshal(i.Config, &c); err != nil {
			return nil, fmt.Errorf("read image %s: %w", i.Name, err)
		}
		b.Env = c.Config.Env
	}
	for _, l := range i.Layers {
		if ok, err := m.Claim(b, store.LayerKey(l.DiffID.String(), ids.Key())); err != nil || !ok {
			b.Release()
			return nil, err
		}
	}
	return b, nil
}

// Claim adds a layer to a base; false when it is not there.
func (m *Images) Claim(b *Base, key string) (bool, error) {
	release, ok, err := m.Store.UseLayer(key)
	if !ok || err != nil {
		return false, err
	}
	b.uses = append(b.uses, release)
	b.Keys = append(b.Keys, key)
	b.Dirs = append(b.Dirs, m.Store.Layer(key).Root())
	return true, nil
}

// fetch asks the source, and keeps what it has. The caller holds the image's lock.
func (m *Images) fetch(ctx context.Context, i spec.Image, ids userns.IDMap) (*Base, error) {
	begin := time.Now()
	obtain := m.pull
	if i.Kind == spec.ImageApt || i.Kind == spec.ImageBuild {
		obtain = m.Make
	}
	have, err := obtain(ctx, i, ids)
	if err != nil {
		return nil, err
	}
	have.Name, have.Pulled = i.Name, time.Now()
	b, err := m.use(have, ids)
	if err == nil && b == nil {
		err = errRemoved
	}
	if err != nil {
		return nil, err
	}
	if err := m.Store.WriteImage(have); err != nil {
		b.Release()
		return nil, err
	}
	m.Emit(spec.Event{Kind: "image", Name: i.Ref, State: "ok", Elapsed: time.Since(begin), Detail: made(i, len(b.Keys))})
	return b, nil
}

func made(i spec.Image, layers int) string {
	switch {
	case i.Kind == spec.ImageApt || i.Kind == spec.ImageBuild:
		return "built, cached from now on"
	case layers == 1:
		return "1 layer"
	}
	return fmt.Sprintf("%d layers", layers)
}

// pull has the layers of a source unpacked.
func (m *Images) pull(ctx context.Context, i spec.Image, ids userns.IDMap) (store.Image, error) {
	m.Emit(spec.Event{Kind: "image", Name: i.Ref, State: "start", Detail: "fetching"})
	source, err := m.Open(i, m.Store.Download)
	if err != nil {
		return store.Image{}, err
	}
	found, err := source.Resolve(ctx)
	if err != nil {
		return store.Image{}, err
	}
	if err := m.layers(ctx, source, found.Layers, ids, i.Ref); err != nil {
		return store.Image{}, err
	}
	have := store.Image{Digest: found.Digest.String(), Manifest: found.Manifest, Config: found.ConfigRaw, Layers: found.Layers}
	if i.Path != "" {
		have.Stamp, err = Stamp(i.Path)
	}
	return have, err
}
