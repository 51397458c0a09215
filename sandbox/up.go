package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// UpOptions modify Up.
type UpOptions struct {
	Recreate bool // throw the old one away first
	Rebuild  bool // look for the image anew, and make what is made of it anew
	// Discard is asked before a change costs what was written inside, or ends what runs there; nil: nobody can be asked.
	Discard func(*ChangedError) bool
}

// Up makes or starts the sandbox of s. A running, unchanged one is left alone
// (started is false); of a changed one only what must be is done again, see
// docs/lifecycle.md. Any number of calls at once make one sandbox. emit may be nil.
func (e *Engine) Up(ctx context.Context, s spec.Spec, o UpOptions, emit func(spec.Event)) (_ spec.Info, started bool, err error) {
	u := &upper{engine: e, emit: orNothing(emit), options: o}
	if o.Recreate {
		if err := u.available(ctx, s); err != nil {
			return spec.Info{}, false, err // while the old one is still there
		}
		if err := e.Remove(ctx, s.ID, false); err != nil && !errors.Is(err, ErrNotFound) {
			return spec.Info{}, false, err
		}
	}
	if st, err := e.store.ReadState(s.ID); err == nil && !o.Rebuild && upToDate(st, s) && !monitorMissing(st) {
		return info(s.ID, st), false, nil
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
	secrets []secret.Value
}

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
	u.state = st
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
		if monitorMissing(st) {
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
	if !reflect.DeepEqual(normal(old.Env), normal(s.Env)) || old.User.Shell != s.User.Shell {
		if err := u.engine.setEnv(old, s); err != nil {
			return err
		}
	}
	if err := u.engine.keepPassed(s); err != nil {
		return err
	}
	u.state.Spec = s
	return u.engine.store.WriteState(s.ID, u.state)
}

func (u *upper) policy() local.Policy {
	if u.options.Rebuild {
		return local.Always
	}
	return local.Missing
}

// ask reads the secrets that a start needs, once.
func (u *upper) ask(ctx context.Context, s spec.Spec) (err error) {
	if u.secrets != nil {
		return nil
	}
	u.secrets, err = readSecrets(ctx, s)
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

// start starts the first process and records it.
func (u *upper) start(ctx context.Context, p *prepared) error {
	begin := time.Now()
	dir := u.engine.store.Sandbox(p.spec.ID)
	if err := os.MkdirAll(dir.FS(), 0o700); err != nil {
		return err
	}
	p.keep(dir)
	u.state.Spec = p.spec
	listener, err := listen(dir.Socket())
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := u.engine.keepPassed(p.spec); err != nil {
		return err
	}
	log, err := os.OpenFile(dir.Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	if p.network, err = planNetwork(p.spec, u.emit); err != nil {
		return err
	}
	if p.network != nil {
		p.network.log, p.network.config.Socket = log, dir.Monitor()
	}
	defer keepThread()()
	r, err := u.engine.startAny(p, func() error { return u.copyRoot(ctx, p, dir) },
		func(d rootfs.Driver) (*running, error) { return p.startNet(d, nil, listener, log) }, u.emit)
	p.kept.begun()
	if err != nil {
		return err
	}
	defer func() { _ = r.control.Close() }()
	// A caller that lives on is its parent still, and is not to keep it as a zombie.
	go func() { _, _ = r.process.Wait() }()
	if err := u.recordMonitor(r.network); err != nil {
		return err
	}
	u.state.Cgroup = p.group
	if err := u.record(r.process.PID); err != nil {
		return err
	}
	// From here on it lives without us.
	if err := r.control.Send(wire.Detach, wire.Empty{}); err != nil {
		return lost(err)
	}
	if _, err := receive(r.control, wire.Detached); err != nil {
		return err
	}
	u.emit(spec.Event{Kind: "sandbox", Name: p.spec.Name, State: "ok", Elapsed: time.Since(begin)})
	return nil
}

func (u *upper) record(pid int) error {
	var err error
	st := &u.state
	st.PID, st.Down, st.HooksRun, st.Started = pid, false, false, time.Now()
	u.forgetStart()
	if st.StartTime, err = store.ProcessStartTime(pid); err != nil {
		return err
	}
	if st.BootID, err = store.BootID(); err != nil {
		return err
	}
	return u.engine.store.WriteState(st.Spec.ID, *st)
}

// copyRoot makes, once, the copy that a sandbox without any overlay works on.
func (u *upper) copyRoot(ctx context.Context, p *prepared, dir store.Dir) error {
	p.at.whole = dir.Root()
	if _, err := os.Lstat(dir.Root()); err == nil {
		return nil
	}
	return job.Do(ctx, job.Job{Copy: &job.Copy{From: p.at.lower, To: dir.Root()}}, p.ids, nil, nil)
}

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
