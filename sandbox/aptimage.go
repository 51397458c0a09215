//go:build !core

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/image/apt"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// makeApt makes an image from packages: one layer, named by the plan, so that
// the same versions are one tree. Two that ask at once make it once.
func (e *Engine) makeApt(ctx context.Context, i spec.Image, ids userns.IDMap, emit func(spec.Event)) (store.Image, error) {
	cache := e.store.Cache("apt")
	emit(spec.Event{Kind: "image", Name: i.Ref, State: "start", Detail: "looking what there is"})
	plan, err := apt.Resolve(ctx, apt.Options{
		Suite: i.Apt.Suite, Packages: i.Packages, Mirror: withLogin(i.Apt.Mirror, i.AptLogin), Components: i.Apt.Components,
		Snapshot: withLogin(i.Apt.Snapshot, i.AptLogin), Keyring: i.Apt.Keyring, Cache: cache,
	})
	if err != nil {
		return store.Image{}, err
	}
	have := store.Image{Digest: plan.Digest().String(), Layers: []image.Layer{{DiffID: plan.Digest()}}}
	key := store.LayerKey(have.Digest, ids.Key())
	unlock, err := e.store.LockName(ctx, "layer "+key)
	if err != nil {
		return store.Image{}, err
	}
	defer unlock()
	if _, err := e.store.HaveLayer(key); !errors.Is(err, fs.ErrNotExist) {
		return have, err
	}
	err = apt.Fetch(ctx, plan, apt.FetchOptions{Cache: cache, Progress: func(p apt.Progress) {
		emit(spec.Event{Kind: "progress", Name: i.Ref, Done: p.Bytes, Total: p.Total})
	}})
	if err != nil {
		return store.Image{}, err
	}
	emit(spec.Event{Kind: "image", Name: i.Ref, State: "start", Detail: fmt.Sprintf("installing %d packages", len(plan.Packages))})
	return have, e.installApt(ctx, plan, ids, key, emit)
}

func (e *Engine) installApt(ctx context.Context, plan *apt.Plan, ids userns.IDMap, key string, emit func(spec.Event)) error {
	tmp, done, err := e.store.Temp("layer")
	if err != nil {
		return err
	}
	defer done()
	if err := os.MkdirAll(tmp.FS(), 0o700); err != nil {
		return err
	}
	b := &installer{
		engine: e, ids: ids, network: "none", emit: emit,
		at: layout{staging: e.store.Staging(), whole: tmp.Root()},
	}
	i := job.Install{Plan: *plan, Dir: tmp.Root(), Cache: e.store.Cache("apt"), Single: ids.Single()}
	_, err = job.DoInstall(ctx, i, ids, b.run)
	var size job.Size
	if err == nil {
		err = job.Do(ctx, job.Job{Size: tmp.Root()}, ids, nil, &size)
	}
	if err == nil {
		err = e.store.KeepLayer(tmp, key, store.LayerInfo{IDs: ids.Key(), Size: size.Bytes, Entries: size.Entries, Made: time.Now(), Map: &ids})
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, local.Discard(tmp, ids))
}

// withLogin puts back what cutLogin took out.
func withLogin(address, login string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || login == "" {
		return address
	}
	return scheme + "://" + login + "@" + rest
}
