package sandbox

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// ServiceError: a service did not become ready.
type ServiceError struct {
	Name string
	Why  string
	Tail []string // its last lines of output
}

func (e *ServiceError) Error() string { return "service " + e.Name + ": " + e.Why }

// NoServiceError: the sandbox has no service of that name.
type NoServiceError struct {
	Name string
	Have []string
}

func (e *NoServiceError) Error() string { return "service " + e.Name + ": no such service" }

// Services are the states of a running sandbox's services, by name. ErrNotFound, ErrNotRunning.
func (e *Engine) Services(ctx context.Context, id string) ([]spec.ServiceState, error) {
	b, err := e.doServices(ctx, id, wire.ServiceBody{Do: wire.ServicesList}, nil)
	return b.States, err
}

// Stats is what the processes of each service use; at the end those of none.
func (e *Engine) Stats(ctx context.Context, id string) ([]spec.Usage, error) {
	b, err := e.doServices(ctx, id, wire.ServiceBody{Do: wire.ServicesList, Stats: true}, nil)
	return b.Stats, err
}

// StartServices starts services with what they depend on, all without names, and waits
// until they are ready: *ServiceError when one will not be. *NoServiceError.
func (e *Engine) StartServices(ctx context.Context, id string, names []string, emit func(spec.Event)) error {
	return e.changeServices(ctx, id, wire.ServicesStart, names, emit)
}

// RestartServices stops services with what depends on them, then starts them.
func (e *Engine) RestartServices(ctx context.Context, id string, names []string, emit func(spec.Event)) error {
	return e.changeServices(ctx, id, wire.ServicesRestart, names, emit)
}

// StopServices stops services, and before them what depends on them.
func (e *Engine) StopServices(ctx context.Context, id string, names []string, emit func(spec.Event)) error {
	return e.changeServices(ctx, id, wire.ServicesStop, names, emit)
}

func (e *Engine) changeServices(ctx context.Context, id, do string, names []string, emit func(spec.Event)) error {
	teller := newServiceTeller(emit)
	b, err := e.doServices(ctx, id, wire.ServiceBody{Do: do, Names: names}, teller.tell)
	if err != nil {
		return err
	}
	teller.tell(b.States)
	teller.rest(b.States, names)
	if do == wire.ServicesStop {
		return nil
	}
	return firstBad(b.States, names)
}

// doServices asks a running sandbox.
func (e *Engine) doServices(ctx context.Context, id string, req wire.ServiceBody, tell func([]spec.ServiceState)) (wire.ServicesBody, error) {
	st, err := e.store.ReadState(id)
	if err != nil {
		return wire.ServicesBody{}, notFound(err)
	}
	have := serviceNames(st.Spec)
	for _, name := range req.Names {
		if !slices.Contains(have, name) {
			return wire.ServicesBody{}, &NoServiceError{name, have}
		}
	}
	c, err := e.dial(id)
	if err != nil {
		return wire.ServicesBody{}, err
	}
	defer func() { _ = c.Close() }()
	return askServices(ctx, c, req, tell)
}

// askServices asks on a connection and hears the answers to the last.
func askServices(ctx context.Context, c *wire.Conn, req wire.ServiceBody, tell func([]spec.ServiceState)) (wire.ServicesBody, error) {
	req.Version = wire.Version
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.Send(wire.Service, req); err != nil {
		return wire.ServicesBody{}, lost(err)
	}
	for {
		f, err := receive(c, wire.ServicesAre)
		if err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return wire.ServicesBody{}, err
		}
		var b wire.ServicesBody
		if err := f.Decode(&b); err != nil {
			return b, err
		}
		if b.Last {
			return b, nil
		}
		if tell != nil {
			tell(b.States)
		}
	}
}

// services makes those of the specification the ones that run, and waits until they are ready.
func (u *upper) services(ctx context.Context) error {
	s := u.state.Spec
	if len(s.Services) == 0 && !u.hadServices {
		return nil
	}
	return u.serve(ctx, s)
}

// earlyServices starts, of a sandbox that was started just now, those that are there
// before the first hook.
func (u *upper) earlyServices(ctx context.Context) error {
	s := u.state.Spec
	s.Services = slices.DeleteFunc(slices.Clone(s.Services), func(w spec.Service) bool { return !w.Early })
	if len(s.Services) == 0 || u.state.HooksRun {
		return nil
	}
	return u.serve(ctx, s)
}

func (u *upper) serve(ctx context.Context, s spec.Spec) error {
	c, err := u.engine.dial(s.ID)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return setServices(ctx, c, s, u.engine.store.Sandbox(s.ID), u.emit)
}

// setServices starts the services of a specification on a connection to its agent; their
// logs are in dir.
func setServices(ctx context.Context, c *wire.Conn, s spec.Spec, dir store.Dir, emit func(spec.Event)) error {
	for _, w := range s.Services {
		w = completed(w)
		if w.Image == nil {
			w.Env = append(byName(s.PassEnv, os.Environ()), w.Env...)
		}
		if err := defineService(c, w, dir); err != nil {
			return fmt.Errorf("service %s: %w", w.Name, err)
		}
	}
	teller := newServiceTeller(emit)
	b, err := askServices(ctx, c, wire.ServiceBody{Do: wire.ServicesSet}, teller.tell)
	if err != nil {
		return err
	}
	teller.tell(b.States)
	return firstBad(b.States, nil)
}

func defineService(c *wire.Conn, w spec.Service, dir store.Dir) error {
	if err := os.MkdirAll(dir.ServiceLogs(), 0o700); err != nil {
		return err
	}
	log, err := os.OpenFile(dir.ServiceLog(w.Name), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	older, err := os.OpenFile(dir.OlderServiceLog(w.Name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = older.Close() }()
	return c.Send(wire.Service, wire.ServiceBody{Version: wire.Version, Define: &w}, log, older)
}

// servicesNow are the services of a sandbox that runs; none where it does not answer soon.
func (e *Engine) servicesNow(ctx context.Context, id string, s spec.Spec) []spec.ServiceState {
	if len(s.Services) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	states, err := e.Services(ctx, id)
	if err != nil {
		return nil // it ended just now, or is stopped
	}
	return states
}

// wellServed reports whether the services of a running sandbox do what they should.
func (e *Engine) wellServed(ctx context.Context, s spec.Spec) bool {
	if len(s.Services) == 0 {
		return true
	}
	states, err := e.Services(ctx, s.ID)
	return err == nil && len(states) == len(s.Services) && !slices.ContainsFunc(states, func(st spec.ServiceState) bool { return !st.Good() })
}

// firstBad is the error of the first of the names, of all without any, that is not as it should
// be; one that only waits for another comes after that.
func firstBad(states []spec.ServiceState, names []string) error {
	var found *ServiceError
	for _, st := range states {
		if st.Good() || len(names) > 0 && !slices.Contains(names, st.Name) && !st.Late && st.State != spec.ServiceFailed {
			continue
		}
		e := &ServiceError{Name: st.Name, Why: st.Detail, Tail: st.Tail}
		if e.Why == "" {
			e.Why = st.State
		}
		if st.PID != 0 || st.Tail != nil || st.State == spec.ServiceBackoff {
			return e
		}
		if found == nil {
			found = e
		}
	}
	if found == nil {
		return nil
	}
	return found
}

// serviceTeller makes events of changes.
type serviceTeller struct {
	emit  func(spec.Event)
	start time.Time
	last  map[string]spec.ServiceState
	told  map[string]bool // of whom anything was told
}

func newServiceTeller(emit func(spec.Event)) *serviceTeller {
	return &serviceTeller{emit: orNothing(emit), start: time.Now(), last: map[string]spec.ServiceState{}, told: map[string]bool{}}
}

func (t *serviceTeller) tell(states []spec.ServiceState) {
	for _, st := range states {
		before, known := t.last[st.Name]
		t.last[st.Name] = st
		if before.State == st.State && before.Restarts == st.Restarts {
			continue
		}
		e := spec.Event{Kind: "service", Name: st.Name}
		switch st.State {
		case spec.ServiceStarting:
			e.State = "start"
		case spec.ServiceReady, spec.ServiceDone:
			if !known && st.Since.Before(t.start) {
				continue // it was so before
			}
			e.State, e.Detail = "ok", st.State
			if st.State == spec.ServiceReady {
				e.Detail, e.Elapsed = "", st.Took
			}
		case spec.ServiceBackoff, spec.ServiceUnready, spec.ServiceFailed:
			e.State, e.Detail = "failed", st.Detail
		case spec.ServiceStopped:
			if !known {
				continue
			}
			e.State, e.Detail = "ok", st.State
		default:
			continue
		}
		t.told[st.Name] = true
		t.emit(e)
	}
}

// rest tells of those of the names, of all without any, of which nothing was told, and of what was
// stopped with them.
func (t *serviceTeller) rest(states []spec.ServiceState, names []string) {
	for _, st := range states {
		e := spec.Event{Kind: "service", Name: st.Name, State: "ok", Detail: st.State}
		asked := len(names) == 0 || slices.Contains(names, st.Name)
		switch {
		case t.told[st.Name]:
			continue
		case st.State == spec.ServiceStopped && (asked || !st.Since.Before(t.start)):
		case asked && st.Good():
			e.Detail += " already"
		default:
			continue
		}
		t.emit(e)
	}
}
