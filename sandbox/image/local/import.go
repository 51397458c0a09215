package local

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Import makes a layer of what write writes, a tar archive, once for each id, which names the content.
func (m *Images) Import(ctx context.Context, id string, ids userns.IDMap, write func(io.Writer) error) (*Base, error) {
	b := &Base{}
	key := store.LayerKey(id, ids.Key())
	if ok, err := m.Claim(b, key); ok || err != nil {
		return b, err
	}
	unlock, err := m.Store.LockName(ctx, "layer "+key)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if ok, err := m.Claim(b, key); ok || err != nil {
		return b, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	wrote := make(chan error, 1)
	go func() {
		err := write(w)
		_ = w.Close()
		wrote <- err
	}()
	done, err := m.unpack(ctx, r, ids, key, false, func(job.Unpacked) error { return <-wrote })
	_ = r.Close()
	if err != nil {
		return nil, err
	}
	done()
	if ok, err := m.Claim(b, key); err != nil || !ok {
		return nil, errors.Join(err, errRemoved)
	}
	return b, nil
}
