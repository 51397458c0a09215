package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// resolve looks at what is there and reports whether a start is needed.
func (u *upper) resolve(ctx context.Context, s spec.Spec) (bool, error) {
	st, err := u.engine.store.ReadState(s.ID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		u.fresh = true
		u.state = store.State{Created: time.Now()}
		return true, nil
	case err != nil:
		return false, err
	case st.Spec.Project != s.Project:
		return false, fmt.Errorf("sandbox %s belongs to %s", s.ID, st.Spec.Project)
	}
	u.state, u.hadServices = st, len(st.Spec.Services) > 0
	if !u.options.Rebuild && upToDate(st, s) {
		if monitorMissing(st) {
			return false, u.restoreMonitor(s.ID)
		}
		return false, nil // another call was first
	}
	changed := changes(st.Spec, s)
	if u.options.Rebuild {
		changed = append(changed, Change{Part: "image", How: "made anew"})
	}
	if lost := ofKind(changed, needsRecreate); len(lost) > 0 {
		return true, u.recreate(ctx, s, lost)
	}
	for _, c := range changed {
		u.emit(spec.Event{Kind: "note", Name: "changed", Detail: c.String()})
	}
	if !st.Alive() {
		return true, nil
	}
	if len(ofKind(changed, needsRestart)) == 0 && !st.Down && u.engine.answers(s.ID) {
		if u.served = len(ofKind(changed, servedOutside)) > 0; monitorMissing(st) && !u.served {
			return false, u.restoreMonitor(s.ID)
		}
		return false, nil
	}
	return true, u.permit(&ChangedError{What: ofKind(changed, needsRestart)})
}

// answers makes sure of a first process that is there: it may be about to end with
// the one that started it, which was killed before it let go.
func (e *Engine) answers(id string) bool {
	c, err := e.dial(id)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	if c.Send(wire.Count, wire.Empty{}) != nil {
		return false
	}
	_, err = receive(c, wire.Counted)
	return err == nil
}

// recreate throws the old one away, if nothing is lost by it or somebody says so.
// It answers errDiscarded.
func (u *upper) recreate(ctx context.Context, s spec.Spec, why []Change) error {
	err := u.available(ctx, s)
	if err != nil {
		return err
	}
	e := &ChangedError{What: why, Recreate: true}
	if e.Lost, err = u.engine.ownChanges(ctx, u.state); err != nil {
		return err
	}
	if err := u.permit(e); err != nil {
		return err
	}
	for _, c := range why {
		u.emit(spec.Event{Kind: "note", Name: "changed", Detail: c.String()})
	}
	if u.state.Alive() {
		if err := u.engine.end(ctx, s.ID, u.state, restartTimeout); err != nil {
			return err
		}
	}
	return errors.Join(u.engine.delete(s.ID, u.state, true), errDiscarded)
}

// available makes sure, before the old one is thrown away, of what the new one is
// made of: it may not be to be had.
func (u *upper) available(ctx context.Context, s spec.Spec) error {
	p, err := u.engine.prepareAs(ctx, s, u.policy(), func(e spec.Event) {
		if e.Kind == "image" || e.Kind == "progress" { // the rest is told when it starts
			u.emit(e)
		}
	})
	if err != nil {
		return err
	}
	p.release()
	u.options.Rebuild = false // done
	return u.ask(ctx, s)
}

// adapt takes over what a sandbox that goes on running can take over.
func (u *upper) adapt(s spec.Spec) error {
	old := u.state.Spec
	fillUser(&s.User, old.User)
	fillImage(&s.Image, old.Image)
	s.Services = fillServices(s.Services, old.Services)
	if !reflect.DeepEqual(normal(old.Env), normal(s.Env)) || old.User.Shell != s.User.Shell || !reflect.DeepEqual(userEnvOf(old), userEnvOf(s)) {
		if err := u.engine.setEnv(old, s, u.state.UserEnv, u.state.UserEnv); err != nil {
			return err
		}
	}
	if err := u.engine.keepPassed(s); err != nil {
		return err
	}
	u.state.Spec = s
	if err := u.engine.store.WriteState(s.ID, u.state); err != nil || !u.served {
		return err
	}
	return u.remonitor(s.ID)
}

func (u *upper) policy() local.Policy {
	if u.options.Rebuild {
		return local.Always
	}
	return local.Missing
}
