package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// removeTimeout is how long processes may take to end before they are removed with the sandbox.
const removeTimeout = 2 * time.Second

// Remove ends the sandbox and deletes what it kept; the volumes named in its
// mounts too, if volumes, but for those that another sandbox has. A sandbox whose state cannot be read is removed as well.
func (e *Engine) Remove(ctx context.Context, id string, volumes bool) error {
	if _, err := os.Lstat(e.store.Sandbox(id).Path()); errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err := e.endRest(id); err != nil {
		return err
	}
	unlock, err := e.store.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	st, err := e.store.ReadState(id)
	known := err == nil
	if known && st.Alive() {
		if err := e.end(ctx, id, st, removeTimeout); err != nil {
			return err
		}
	}
	ungroup(st) // also of one that ended by itself
	if err := e.delete(id, st, known); err != nil {
		return err
	}
	e.sweep()
	if volumes && known {
		return e.removeVolumes(ctx, st.Spec)
	}
	return nil
}

// delete takes the sandbox out of the store. The caller holds its lock.
func (e *Engine) delete(id string, st store.State, known bool) error {
	dir, done, err := e.store.Discard(id)
	if err != nil {
		return err
	}
	defer done()
	return local.Discard(dir, removalMap(st.Spec, known))
}

// removalMap maps whatever may own files: the sandbox's own map, or any of the caller's.
func removalMap(s spec.Spec, known bool) userns.IDMap {
	if known {
		return caller(s.IDs).Map(s.User.UID, s.User.GID)
	}
	mode, _ := idMode(os.Getuid(), lookup(os.Environ(), "USER"))
	return caller(mode).Map(0, 0)
}

// sweep removes what killed processes left behind. What cannot be removed now is found again.
func (e *Engine) sweep() {
	stale, err := e.store.Stale()
	if err != nil {
		return
	}
	for _, s := range stale {
		_ = local.Discard(s.Dir, removalMap(spec.Spec{}, false))
		s.Done()
	}
}
