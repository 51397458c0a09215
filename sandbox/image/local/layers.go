package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// layers fetches and unpacks what is missing, several at once.
func (m *Images) layers(ctx context.Context, source image.Source, list []image.Layer, ids userns.IDMap, name string) error {
	p := &progress{name: name, emit: m.Emit}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce())
	asked := map[string]bool{}
	for _, l := range list {
		key := store.LayerKey(l.DiffID.String(), ids.Key())
		if asked[key] {
			continue // an image may have the same layer twice
		}
		asked[key] = true
		group.Go(func() error { return m.layer(ctx, source, l, key, ids, p) })
	}
	return group.Wait()
}

// atOnce is how many layers are worked on at a time: each takes a process of some
// 30 MB, whatever its size, and a machine with many processors is no reason for as many.
func atOnce() int { return min(max(3, runtime.NumCPU()), 4) }

// layer makes one present. Whoever comes second waits, and finds it.
func (m *Images) layer(ctx context.Context, source image.Source, l image.Layer, key string, ids userns.IDMap, p *progress) error {
	unlock, err := m.Store.LockName(ctx, "layer "+l.Blob.Digest.String())
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := m.Store.HaveLayer(key); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.expect(l.Blob.Size)
	blob, err := source.Open(ctx, l)
	if err != nil {
		return err
	}
	done, err := m.unpack(ctx, counted{blob, p}, ids, key, true, func(u job.Unpacked) error {
		if want := l.DiffID.String(); u.DiffID != want {
			return fmt.Errorf("unpack layer %s: its content is %s, not %s", l.Blob.Digest, u.DiffID, want)
		}
		return nil
	})
	if cerr := blob.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	done()
	if m.KeepBlobs {
		return nil
	}
	if err := os.Remove(m.Store.Download(l.Blob.Digest.String())); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unpack makes the layer key of an archive, whole or not at all. The claim on it ends with done.
func (m *Images) unpack(ctx context.Context, r io.Reader, ids userns.IDMap, key string, layer bool, check func(job.Unpacked) error) (done func(), err error) {
	tmp, done, err := m.Store.Temp("layer")
	if err != nil {
		return nil, err
	}
	u, err := m.unpackInto(ctx, r, tmp, ids, layer)
	if err == nil {
		err = check(u)
	}
	if err == nil {
		err = m.Store.KeepLayer(tmp, key, store.LayerInfo{
			DiffID: u.DiffID, IDs: ids.Key(), Size: u.Bytes, Entries: u.Entries, Made: time.Now(), Map: &ids,
		})
	}
	if err == nil {
		return done, nil
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil // another was first
	}
	defer done()
	return func() {}, errors.Join(err, Discard(tmp, ids))
}

func (m *Images) unpackInto(ctx context.Context, r io.Reader, tmp store.Dir, ids userns.IDMap, layer bool) (u job.Unpacked, err error) {
	if err := os.MkdirAll(tmp.FS(), 0o700); err != nil {
		return u, err
	}
	j := job.Job{Unpack: &job.Unpack{Dir: tmp.Root(), Single: ids.Single(), Layer: layer}}
	if f, ok := r.(*os.File); ok {
		return u, job.Do(ctx, j, ids, f, &u)
	}
	in, out, err := os.Pipe()
	if err != nil {
		return u, err
	}
	defer func() { _ = in.Close() }()
	fed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, err := io.Copy(out, r)
		if err != nil && !errors.Is(err, os.ErrClosed) {
			cancel() // half an archive must not be taken for a whole one
		}
		_ = out.Close()
		fed <- err
	}()
	err = job.Do(ctx, j, ids, in, &u)
	_ = in.Close() // a job that failed reads no more
	ferr := <-fed
	if ferr != nil && !isBrokenPipe(ferr) {
		return u, ferr
	}
	return u, err
}

// Discard removes a directory that subordinate ids may own parts of.
func Discard(d store.Dir, ids userns.IDMap) error {
	if _, err := os.Lstat(d.FS()); err == nil {
		// Its own process may have been killed half-way, or its context have ended: this is not to be left undone.
		if err := job.Do(context.Background(), job.Job{Remove: []string{d.FS()}}, ids, nil, nil); err != nil {
			return err
		}
	}
	return d.Remove()
}
