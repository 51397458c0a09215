package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// ensureTar unpacks an archive that is a whole root file system. Nothing names
// its content but the file itself: one that changed is another layer.
func (m *Images) ensureTar(ctx context.Context, i spec.Image, ids userns.IDMap) (*Base, error) {
	stamp, err := Stamp(i.Path)
	if err != nil {
		return nil, err
	}
	b := &Base{Image: store.Image{Name: i.Name, Stamp: stamp}}
	key := store.LayerKey("file:"+stamp, ids.Key())
	if ok, err := m.Claim(b, key); ok || err != nil {
		return b, err
	}
	unlock, err := m.Store.LockName(ctx, "layer file:"+stamp)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := m.Store.HaveLayer(key); errors.Is(err, fs.ErrNotExist) {
		if err := m.unpackTar(ctx, i, ids, key); err != nil {
			return nil, err
		}
	}
	if ok, err := m.Claim(b, key); err != nil || !ok {
		return nil, errors.Join(err, errRemoved)
	}
	return b, nil
}

func (m *Images) unpackTar(ctx context.Context, i spec.Image, ids userns.IDMap, key string) error {
	begin := time.Now()
	m.Emit(spec.Event{Kind: "image", Name: i.Ref, State: "start", Detail: "unpacking"})
	f, err := os.Open(i.Path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	done, err := m.unpack(ctx, f, ids, key, false, func(job.Unpacked) error { return nil })
	if err != nil {
		return err
	}
	done()
	m.Emit(spec.Event{Kind: "image", Name: i.Ref, State: "ok", Elapsed: time.Since(begin), Detail: "unpacked"})
	return nil
}
