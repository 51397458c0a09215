package sandbox

import (
	"context"
	"errors"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// UpOptions modify Up.
type UpOptions struct {
	Recreate bool // throw the old one away first
	Rebuild  bool // look for the image anew, and make what is made of it anew
	Wait     bool // for all hooks, whatever waitFor says
	// Discard is asked before a change costs what was written inside, or ends what runs there; nil: nobody can be asked.
	Discard func(*ChangedError) bool
}

// Up makes or starts the sandbox of s. A running, unchanged one is left alone
// (started is false); of a changed one only what must be is done again, see
// docs/lifecycle.md. Any number of calls at once make one sandbox. emit may be nil.
func (e *Engine) Up(ctx context.Context, s spec.Spec, o UpOptions, emit func(spec.Event)) (_ spec.Info, started bool, err error) {
	defer func() { e.nameHolder(err) }()
	if err := e.buildFirst(ctx, &s, o.Rebuild, emit); err != nil {
		return spec.Info{}, false, err
	}
	u := &upper{engine: e, emit: orNothing(emit), options: o}
	if err := u.initialize(ctx, s); err != nil {
		return spec.Info{}, false, err
	}
	if o.Recreate {
		if err := u.available(ctx, s); err != nil {
			return spec.Info{}, false, err // while the old one is still there
		}
		if err := e.Remove(ctx, s.ID, false); err != nil && !errors.Is(err, ErrNotFound) {
			return spec.Info{}, false, err
		}
	}
	if st, err := e.store.ReadState(s.ID); err == nil && (!o.Rebuild && upToDate(st, s) && !monitorMissing(st) && e.wellServed(ctx, s) || leftAlone(st, s, o)) {
		return info(s.ID, st), false, nil
	}
	if err := e.awaitRest(ctx, s.ID, u.emit); err != nil {
		return spec.Info{}, false, err
	}
	unlock, start, err := u.lockAndResolve(ctx, s)
	if err != nil {
		return info(s.ID, u.state), false, err
	}
	defer unlock()
	if start {
		err = u.begin(ctx, s)
	} else {
		err = u.adapt(s)
	}
	if err != nil {
		return spec.Info{}, false, errors.Join(err, u.undo(s.ID))
	}
	if err := u.hooks(ctx); err != nil {
		return spec.Info{}, false, err // it goes on running, for a look: the next up goes on with that hook
	}
	return info(s.ID, u.state), start, nil
}

// errDiscarded: the old sandbox is gone, and its lock with it.
var errDiscarded = errors.New("discarded")

// lockAndResolve takes the sandbox's lock and reports whether a start is needed.
func (u *upper) lockAndResolve(ctx context.Context, s spec.Spec) (unlock func(), start bool, err error) {
	for {
		if unlock, err = u.engine.store.Lock(ctx, s.ID); err != nil {
			return nil, false, err
		}
		if start, err = u.resolve(ctx, s); err == nil {
			return unlock, start, nil
		}
		unlock()
		if !errors.Is(err, errDiscarded) {
			return nil, false, err
		}
	}
}

// begin makes what a start needs, and starts.
func (u *upper) begin(ctx context.Context, s spec.Spec) error {
	fillImage(&s.Image, u.state.Spec.Image)
	s.Services = fillServices(s.Services, u.state.Spec.Services)
	p, err := u.engine.prepareAs(ctx, s, u.policy(), u.emit)
	if err != nil {
		return err
	}
	defer p.release() // from then on the state names what must stay
	if err := u.ask(ctx, s); err != nil {
		return err
	}
	p.secrets = u.secrets
	u.begun = true
	if u.state.Alive() { // not before everything is there that the new start needs
		if err := u.engine.end(ctx, s.ID, u.state, restartTimeout); err != nil {
			return err
		}
	}
	return u.start(ctx, p)
}

// upper is one Up under way, with the sandbox's lock held.
type upper struct {
	engine  *Engine
	emit    func(spec.Event)
	options UpOptions
	state   store.State
	fresh   bool // there was no sandbox before
	begun   bool // what was there is not as it was
	served  bool // what the monitor serves changed, and nothing else that matters to a start
	secrets []secret.Value
	// hadServices: those that run may have to be ended.
	hadServices bool
}

// ask reads the secrets that a start needs, once.
func (u *upper) ask(ctx context.Context, s spec.Spec) (err error) {
	if u.secrets != nil {
		return nil
	}
	u.secrets, err = readSecrets(ctx, s.Secrets, s.Project)
	return err
}

// upToDate reports whether nothing is to be done.
func upToDate(st store.State, s spec.Spec) bool {
	if !st.HooksRun || st.Down || len(changes(st.Spec, s)) > 0 || !st.Alive() {
		return false
	}
	st.Spec.Config = s.Config
	return len(due(st)) == 0
}

// restartTimeout is how long processes may take to end before a changed sandbox is started anew.
const restartTimeout = 5 * time.Second

// undo ends what was started and removes what was made for a sandbox that did
// not come up. One that was there before is kept, stopped; or as it is, if nothing
// was done to it yet.
func (u *upper) undo(id string) error {
	if !u.fresh && !u.begun {
		return nil
	}
	if u.state.Alive() {
		if err := u.engine.end(context.Background(), id, u.state, removeTimeout); err != nil {
			return err
		}
	}
	if u.fresh {
		return u.engine.delete(id, u.state, u.state.Spec.ID != "")
	}
	u.state.Down = true
	return u.engine.store.WriteState(id, u.state)
}
