package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// convert makes the layers that an image lacks under a mapping of ids from those
// that are here under another one. False when one is here under none.
func (m *Images) convert(ctx context.Context, have store.Image, ids userns.IDMap) (bool, error) {
	from, err := m.elsewhere(have, ids)
	if err != nil || from == nil {
		return false, err
	}
	for want, other := range from {
		if ok, err := m.convertLayer(ctx, want, other, ids); err != nil || !ok {
			return ok, err
		}
	}
	return true, nil
}

// elsewhere finds for each key that is missing one of another mapping; nil when there is none for one of them.
func (m *Images) elsewhere(have store.Image, ids userns.IDMap) (map[string]string, error) {
	keys, err := m.Store.Layers()
	if err != nil {
		return nil, err
	}
	others := map[string]string{}
	for _, key := range keys {
		id, _ := store.SplitLayerKey(key)
		if l, err := m.Store.HaveLayer(key); err == nil && l.Map != nil {
			others[id] = key
		}
	}
	from := map[string]string{}
	for _, l := range have.Layers {
		want := store.LayerKey(l.DiffID.String(), ids.Key())
		if _, err := m.Store.HaveLayer(want); err == nil {
			continue
		}
		other, ok := others[l.DiffID.String()]
		if !ok {
			return nil, nil
		}
		from[want] = other
	}
	return from, nil
}

func (m *Images) convertLayer(ctx context.Context, want, other string, ids userns.IDMap) (bool, error) {
	unlock, err := m.Store.LockName(ctx, "layer "+want)
	if err != nil {
		return false, err
	}
	defer unlock()
	if _, err := m.Store.HaveLayer(want); !errors.Is(err, fs.ErrNotExist) {
		return err == nil, err
	}
	release, ok, err := m.Store.UseLayer(other)
	if err != nil || !ok {
		return false, err
	}
	defer release()
	was, err := m.Store.HaveLayer(other)
	if err != nil || was.Map == nil {
		return false, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		export := &job.Export{Dir: m.Store.Layer(other).Root(), Single: was.Map.Single()}
		if err := job.Stream(ctx, job.Job{Export: export}, *was.Map, nil, w); err != nil {
			cancel(err) // half a layer must not be taken for a whole one
		}
		_ = w.Close()
	}()
	done, err := m.unpack(ctx, r, ids, want, true, func(u job.Unpacked) error {
		if was.DiffID != "" && was.DiffID != u.DiffID {
			return nil // written in another way than by its registry: the files are the same
		}
		return context.Cause(ctx)
	})
	_ = r.Close()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return false, fmt.Errorf("read layer %s under other ids: %w", other, err)
	}
	done()
	return true, nil
}
