package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// NoVolumeError: there is no such volume.
type NoVolumeError struct{ ID string }

func (e *NoVolumeError) Error() string { return "no volume " + e.ID }

// VolumeInUseError: a sandbox has the volume.
type VolumeInUseError struct {
	ID      string
	By      []string // names of sandboxes; none for a command that is running
	Running bool     // one of them runs
}

func (e *VolumeInUseError) Error() string { return "volume " + e.ID + ": " + inUse(e.By) }

// VolumeInfo is one volume.
type VolumeInfo struct {
	ID      string      `json:"id"` // see VolumeID
	Name    string      `json:"name"`
	Project string      `json:"project"`
	IDs     string      `json:"ids"` // name of the id mapping of its owners
	Path    string      `json:"path"`
	Size    int64       `json:"size"`
	Made    time.Time   `json:"made"`
	Used    time.Time   `json:"used"` // when a sandbox was last started with it
	UsedBy  []VolumeUse `json:"usedBy"`
}

// VolumeUse is a sandbox that has a volume.
type VolumeUse struct {
	Sandbox  string `json:"sandbox"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readonly,omitempty"`
	Running  bool   `json:"running"`
}

// Volumes are all of this user's, by project and name.
func (e *Engine) Volumes(ctx context.Context) ([]VolumeInfo, error) {
	keys, err := e.store.KeptKeys(store.Volumes)
	if err != nil {
		return nil, err
	}
	users, err := e.volumeUsers("")
	if err != nil {
		return nil, err
	}
	out := []VolumeInfo{}
	for _, key := range keys {
		v, err := e.volume(ctx, key, users[key])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b VolumeInfo) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// Volume is all that is known of one; *NoVolumeError.
func (e *Engine) Volume(ctx context.Context, id string) (VolumeInfo, error) {
	users, err := e.volumeUsers("")
	if err != nil {
		return VolumeInfo{}, err
	}
	v, err := e.volume(ctx, id, users[id])
	if errors.Is(err, fs.ErrNotExist) {
		err = &NoVolumeError{id}
	}
	return v, err
}

func (e *Engine) volume(ctx context.Context, id string, users []VolumeUse) (VolumeInfo, error) {
	k, err := e.store.ReadKept(store.Volumes, id)
	if err != nil {
		return VolumeInfo{}, err
	}
	dir := e.store.Kept(store.Volumes, id)
	size, err := e.sizeOf(ctx, dir)
	if users == nil {
		users = []VolumeUse{}
	}
	return VolumeInfo{
		ID: id, Name: k.Name, Project: k.Project, IDs: k.IDs, Path: dir.Part(volumePart), Size: size, Made: k.Made, Used: k.Used, UsedBy: users,
	}, err
}

// volumeUsers are the sandboxes that have each volume, but for one sandbox.
func (e *Engine) volumeUsers(except string) (map[string][]VolumeUse, error) {
	users := map[string][]VolumeUse{}
	err := e.eachState(func(st store.State) {
		for _, m := range st.Spec.Mounts {
			if m.Type == "volume" && st.Spec.ID != except {
				id := VolumeID(st.Spec.Project, m.Source)
				users[id] = append(users[id], VolumeUse{st.Spec.Name, m.Target, m.ReadOnly, st.Alive()})
			}
		}
	})
	return users, err
}

// RemoveVolume deletes a volume for good. One that a sandbox has is a
// *VolumeInUseError; with force only one that a running sandbox or a command has.
func (e *Engine) RemoveVolume(ctx context.Context, id string, force bool) error {
	if _, err := e.store.ReadKept(store.Volumes, id); errors.Is(err, fs.ErrNotExist) {
		return &NoVolumeError{id}
	}
	if err := e.dropVolume(ctx, id, "", force); err != nil {
		return err
	}
	e.sweep()
	return nil
}

func (e *Engine) dropVolume(ctx context.Context, id, except string, force bool) error {
	d, done, ok, err := e.store.DropKept(store.Volumes, id, func() error {
		users, err := e.volumeUsers(except)
		return errors.Join(err, volumeBusy(id, users[id], force))
	})
	if err != nil {
		return err
	}
	if !ok {
		return &VolumeInUseError{ID: id, Running: true}
	}
	defer done()
	if err := local.Discard(d, everyMap()); err != nil {
		return fmt.Errorf("remove volume %s: %w", id, err)
	}
	return ctx.Err()
}

func volumeBusy(id string, users []VolumeUse, force bool) error {
	e := &VolumeInUseError{ID: id}
	for _, u := range users {
		if u.Running || !force {
			e.By, e.Running = append(e.By, u.Sandbox), e.Running || u.Running
		}
	}
	if len(e.By) == 0 {
		return nil
	}
	return e
}

// removeVolumes removes those of a sandbox that is gone. What another sandbox of
// the project has goes with that one.
func (e *Engine) removeVolumes(ctx context.Context, s spec.Spec) error {
	var errs []error
	for _, m := range s.Mounts {
		if m.Type != "volume" {
			continue
		}
		id := VolumeID(s.Project, m.Source)
		if _, err := e.store.ReadKept(store.Volumes, id); errors.Is(err, fs.ErrNotExist) {
			continue // mounted twice, or removed before
		}
		err := e.dropVolume(ctx, id, s.ID, false)
		var busy *VolumeInUseError
		if !errors.As(err, &busy) || len(busy.By) == 0 {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
