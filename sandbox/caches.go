package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// UnknownCacheError: no tool's cache has this name.
type UnknownCacheError struct{ Name string }

func (e *UnknownCacheError) Error() string { return "cache " + config.UnknownCache(e.Name) }

// CacheInUseError: caches that were to be removed belong to sandboxes that run.
type CacheInUseError struct {
	Name string
	By   []string // names of sandboxes; none for a command that is running
}

func (e *CacheInUseError) Error() string { return "cache " + e.Name + ": " + inUse(e.By) }

func inUse(by []string) string {
	if len(by) == 0 {
		return "in use by a command"
	}
	return "in use by " + strings.Join(by, ", ")
}

// CacheInfo is one cache.
type CacheInfo struct {
	Name    string    `json:"name"`
	Project string    `json:"project,omitempty"` // empty: shared by all
	IDs     string    `json:"ids"`               // name of the id mapping of its owners
	Path    string    `json:"path"`
	Size    int64     `json:"size"`
	Made    time.Time `json:"made"`
	Used    time.Time `json:"used"` // when a sandbox was last started with it
	UsedBy  []string  `json:"usedBy"`

	key string
}

// Caches are all of this user's, by name.
func (e *Engine) Caches(ctx context.Context) ([]CacheInfo, error) {
	keys, err := e.store.KeptKeys(store.Caches)
	if err != nil {
		return nil, err
	}
	users, err := e.cacheUsers(ctx)
	if err != nil {
		return nil, err
	}
	out := []CacheInfo{}
	for _, key := range keys {
		k, err := e.store.ReadKept(store.Caches, key)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		dir := e.store.Kept(store.Caches, key)
		c := CacheInfo{Name: k.Name, Project: k.Project, IDs: k.IDs, Path: dir.FS(), Made: k.Made, Used: k.Used, UsedBy: users[key], key: key}
		if c.Size, err = e.sizeOf(ctx, dir); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b CacheInfo) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Project, b.Project), cmp.Compare(a.IDs, b.IDs))
	})
	return out, nil
}

// sizeOf measures what may belong to subordinate ids.
func (e *Engine) sizeOf(ctx context.Context, d store.Dir) (int64, error) {
	var size job.Size
	err := job.Do(ctx, job.Job{Size: d.FS()}, everyMap(), nil, &size)
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", d.FS(), err)
	}
	return size.Bytes, nil
}

// cacheUsers are the names of the running sandboxes that have each cache, by its key.
func (e *Engine) cacheUsers(context.Context) (map[string][]string, error) {
	users := map[string][]string{}
	err := e.eachState(func(st store.State) {
		if !st.Alive() {
			return
		}
		ids := caller(st.Spec.IDs).Map(st.Spec.User.UID, st.Spec.User.GID).Key()
		for _, c := range st.Spec.Caches {
			key := cacheKey(c, ids, st.Spec.Project)
			users[key] = append(users[key], st.Spec.Name)
		}
	})
	return users, err
}

// cacheKey: the files of users other than the sandbox's own differ with the
// mapping, so that each mapping has a cache of its own.
func cacheKey(c spec.Cache, ids, project string) string {
	key := c.Name + "@" + ids
	if c.Project {
		key += "@" + ID(project, "")
	}
	return key
}

// eachState visits the states of all sandboxes. One that cannot be read may use anything: it is an error.
func (e *Engine) eachState(do func(store.State)) error {
	ids, err := e.store.IDs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		st, err := e.store.ReadState(id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("what sandbox %s uses is not known: %w", id, err)
		default:
			do(st)
		}
	}
	return nil
}

// PruneCaches removes caches: those of the names, or all without one. A cache
// that a sandbox or a command is using stays: with a name that is a
// *CacheInUseError, after the others are gone. It answers what was removed, or would be.
func (e *Engine) PruneCaches(ctx context.Context, names []string, dryRun bool) ([]CacheInfo, error) {
	for _, name := range names {
		if !slices.Contains(config.CacheNames(), name) {
			return nil, &UnknownCacheError{name}
		}
	}
	list, err := e.Caches(ctx)
	if err != nil {
		return nil, err
	}
	gone := []CacheInfo{}
	var refused []error
	for _, c := range list {
		if len(names) > 0 && !slices.Contains(names, c.Name) {
			continue
		}
		var busy *CacheInUseError
		switch err := e.dropCache(ctx, c, dryRun); {
		case errors.As(err, &busy) && len(names) == 0:
		case errors.As(err, &busy):
			refused = append(refused, err)
		case err != nil:
			return gone, err
		default:
			gone = append(gone, c)
		}
	}
	return gone, errors.Join(refused...)
}

func (e *Engine) dropCache(ctx context.Context, c CacheInfo, dryRun bool) error {
	if len(c.UsedBy) > 0 || dryRun {
		return c.busy(c.UsedBy)
	}
	d, done, ok, err := e.store.DropKept(store.Caches, c.key, func() error {
		users, err := e.cacheUsers(ctx)
		return errors.Join(err, c.busy(users[c.key]))
	})
	if err != nil {
		return err
	}
	if !ok {
		return &CacheInUseError{Name: c.Name}
	}
	defer done()
	return local.Discard(d, everyMap())
}

func (c CacheInfo) busy(by []string) error {
	if len(by) == 0 {
		return nil
	}
	return &CacheInUseError{c.Name, by}
}

// pruneCaches is the part of Prune: caches are fetched again when they are needed.
func (e *Engine) pruneCaches(ctx context.Context, o PruneOptions, out *Pruned) error {
	if !o.All {
		return nil
	}
	gone, err := e.PruneCaches(ctx, nil, o.DryRun)
	for _, c := range gone {
		out.Other, out.Bytes = append(out.Other, "cache "+c.Name), out.Bytes+c.Size
	}
	return err
}
