package sandbox

import (
	"cmp"
	"context"
	"io"
	"os"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// List is every sandbox of this user, by name. One whose state cannot be read
// is in it, as dead, under its id.
func (e *Engine) List(ctx context.Context) ([]spec.Info, error) {
	ids, err := e.store.IDs()
	if err != nil {
		return nil, err
	}
	var out []spec.Info
	for _, id := range ids {
		st, err := e.store.ReadState(id)
		if os.IsNotExist(err) {
			continue // being made, or just removed
		}
		if err != nil {
			out = append(out, spec.Info{ID: id, Name: id, Status: spec.Dead})
			continue
		}
		i := info(id, st)
		if i.Status == spec.Running && monitorMissing(st) {
			i.NetworkState = &spec.NetworkState{Driver: st.Driver, Lost: "its monitor ended"}
		}
		if i.Status == spec.Running {
			i.Services = e.servicesNow(ctx, id, st.Spec)
		}
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b spec.Info) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// Inspect is all that is known of one; ErrNotFound.
func (e *Engine) Inspect(ctx context.Context, id string) (spec.Info, error) {
	st, err := e.store.ReadState(id)
	if err != nil {
		return spec.Info{}, notFound(err)
	}
	i := info(id, st)
	i.Spec = &st.Spec
	if i.Status == spec.Running {
		i.Processes, _ = e.inside(id)
		i.NetworkState = e.networkState(id, st)
		i.Services = e.servicesNow(ctx, id, st.Spec)
	}
	return i, nil
}

func info(id string, st store.State) spec.Info {
	s := st.Spec
	i := spec.Info{
		ID: id, Name: s.Name, Instance: s.Instance, Project: s.Project, Image: s.Image.Ref, Status: spec.Stopped,
		Created: st.Created, IDs: s.IDs, User: s.User.Name, Network: s.Network,
	}
	switch {
	case st.Alive():
		i.Status, i.PID, i.Started, i.HooksPending = spec.Running, st.PID, st.Started, !st.HooksRun
		if i.HooksFailed = st.RestFailed; st.RestAlive() {
			i.Background = background(st)
		}
		if s.Network == spec.NetworkPrivate || s.Network == spec.NetworkFiltered {
			i.NetworkState = &spec.NetworkState{Driver: st.Driver}
		}
	case !st.Down:
		i.Status = spec.Dead
	}
	return i
}

// Logs copies the sandbox's log to w; with follow until ctx ends. ErrNotFound.
func (e *Engine) Logs(ctx context.Context, id string, w io.Writer, follow bool) error {
	if _, err := e.store.ReadState(id); err != nil {
		return notFound(err)
	}
	f, err := os.Open(e.store.Sandbox(id).Log())
	if os.IsNotExist(err) && !follow {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for {
		if _, err := io.Copy(w, f); err != nil || !follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}
