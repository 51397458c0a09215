package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// PruneOptions modify Prune.
type PruneOptions struct {
	All    bool // images that no sandbox is made of too, and what package managers fetched, and features
	DryRun bool // only tell
}

// Pruned is what Prune removed, or would remove.
type Pruned struct {
	Images []string `json:"images"`
	Layers []string `json:"layers"` // keys
	Other  []string `json:"other"`  // half downloads, and caches of package managers
	Bytes  int64    `json:"bytes"`
}

// halfLife is how long a download that was broken off may be gone on with.
const halfLife = 24 * time.Hour

// Prune removes what no sandbox, no image and no running command needs.
func (e *Engine) Prune(ctx context.Context, o PruneOptions) (Pruned, error) {
	var out Pruned
	images, err := e.pruneImages(ctx, o, &out)
	if err != nil {
		return out, err
	}
	needed, err := e.neededLayers(images, o)
	if err != nil {
		return out, err
	}
	keys, err := e.store.Layers()
	if err != nil {
		return out, err
	}
	for _, key := range keys {
		if !needed(key) {
			if err := e.pruneLayer(ctx, key, o, &out); err != nil {
				return out, err
			}
		}
	}
	if err := e.pruneFeatures(o, &out); err != nil {
		return out, err
	}
	if err := e.pruneFiles(o, &out); err != nil {
		return out, err
	}
	if err := e.pruneTests(o, &out); err != nil {
		return out, err
	}
	if err := e.pruneCaches(ctx, o, &out); err != nil {
		return out, err
	}
	if !o.DryRun {
		e.sweep()
	}
	return out, nil
}

// pruneImages forgets the images that no sandbox uses, and answers those that stay.
func (e *Engine) pruneImages(ctx context.Context, o PruneOptions, out *Pruned) ([]store.Image, error) {
	kept, err := e.store.Images()
	if err != nil || !o.All {
		return kept, err
	}
	used, err := e.imageUsers(ctx)
	if err != nil {
		return nil, err
	}
	var stay []store.Image
	for _, i := range kept {
		if len(used[i.Name]) > 0 {
			stay = append(stay, i)
			continue
		}
		out.Images = append(out.Images, i.Name)
		if !o.DryRun {
			if err := e.store.RemoveImage(i.Name); err != nil {
				return nil, err
			}
		}
	}
	return stay, nil
}

// neededLayers: those of images under any mapping, those of sandboxes, and what
// was built on top of either.
func (e *Engine) neededLayers(images []store.Image, o PruneOptions) (func(key string) bool, error) {
	byImage := map[string]bool{}
	for _, i := range images {
		for _, id := range diffIDs(i) {
			byImage[id] = true
		}
	}
	bySandbox := map[string]bool{}
	ids, err := e.store.IDs()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		st, err := e.store.ReadState(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("prune: what sandbox %s needs is not known: %w", id, err)
		}
		for _, key := range allLayers(st.Spec) {
			bySandbox[key] = true
		}
	}
	var needed func(key string) bool
	needed = func(key string) bool {
		id, _ := store.SplitLayerKey(key)
		if byImage[id] || bySandbox[key] {
			return true
		}
		l, err := e.store.HaveLayer(key)
		return err == nil && !o.All && len(l.Base) > 0 && !slices.ContainsFunc(l.Base, func(k string) bool { return !needed(k) })
	}
	return needed, nil
}

func (e *Engine) pruneLayer(ctx context.Context, key string, o PruneOptions, out *Pruned) error {
	l, err := e.store.HaveLayer(key)
	if err == nil {
		out.Bytes += l.Size
	}
	out.Layers = append(out.Layers, key)
	if o.DryRun || ctx.Err() != nil {
		return ctx.Err()
	}
	d, done, ok, err := e.store.DropLayer(key)
	if err != nil || !ok {
		out.Layers = out.Layers[:len(out.Layers)-1] // in use
		out.Bytes -= l.Size
		return err
	}
	defer done()
	return local.Discard(d, everyMap())
}

// pruneFeatures removes the files of features that nothing is installed from at the
// moment: their layers do not need them.
func (e *Engine) pruneFeatures(o PruneOptions, out *Pruned) error {
	if !o.All {
		return nil
	}
	all, err := e.store.Features()
	if err != nil {
		return err
	}
	for _, digest := range all {
		size := treeSize(e.store.Feature(digest).Path())
		if !o.DryRun {
			d, done, ok, err := e.store.DropFeature(digest)
			if err != nil {
				return err
			}
			if !ok {
				continue // in use
			}
			err = os.RemoveAll(d.Path())
			done()
			if err != nil {
				return err
			}
		}
		out.Other, out.Bytes = append(out.Other, digest), out.Bytes+size
	}
	return nil
}

// everyMap maps whatever may own files.
func everyMap() userns.IDMap { return removalMap(spec.Spec{}, false) }

// pruneFiles removes what is fetched again when it is needed.
func (e *Engine) pruneFiles(o PruneOptions, out *Pruned) error {
	dirs := []string{filepath.Dir(e.store.Download("x"))}
	oldest := time.Now().Add(-halfLife)
	if o.All {
		dirs, oldest = append(dirs, filepath.Dir(e.store.Cache("x"))), time.Now()
	}
	for _, dir := range dirs {
		list, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, entry := range list {
			path := filepath.Join(dir, entry.Name())
			info, err := entry.Info()
			if err != nil || info.ModTime().After(oldest) {
				continue
			}
			size := treeSize(path)
			if !o.DryRun {
				if err := os.RemoveAll(path); err != nil {
					return err
				}
			}
			out.Other, out.Bytes = append(out.Other, entry.Name()), out.Bytes+size
		}
	}
	return nil
}

func treeSize(path string) (n int64) {
	_ = filepath.WalkDir(path, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil // what cannot be looked at is not counted
	})
	return n
}
