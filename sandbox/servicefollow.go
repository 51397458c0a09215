package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// FollowServices tells of each service of a running sandbox that fails from now on, at once and
// with its last lines, until ctx ends: then nil. A sandbox without services has nothing to follow.
// One that fails again and again is told once a minute. ErrNotFound, ErrNotRunning; ErrLost when
// the sandbox ended.
func (e *Engine) FollowServices(ctx context.Context, id string, emit func(spec.Event)) error {
	st, err := e.store.ReadState(id)
	if err != nil {
		return notFound(err)
	}
	if len(st.Spec.Services) == 0 {
		return nil
	}
	c, err := e.dial(id)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	alarm := &serviceAlarm{emit: emit, known: map[string]alarmed{}}
	_, err = askServices(ctx, c, wire.ServiceBody{Do: wire.ServicesFollow}, func(states []spec.ServiceState) {
		alarm.look(states, time.Now())
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// repeatAfter is how long a service that fails again and again is not told of.
const repeatAfter = time.Minute

// serviceAlarm finds failures in what the states of services become.
type serviceAlarm struct {
	emit  func(spec.Event)
	known map[string]alarmed
	begun bool // the first states are what was before
}

// alarmed is what was seen of a service.
type alarmed struct {
	state    string
	restarts int       // those that are known, the one that is to come among them
	told     time.Time // of the latest failure; zero for none
}

func (a *serviceAlarm) look(states []spec.ServiceState, now time.Time) {
	for _, st := range states {
		before, known := a.known[st.Name]
		next := alarmed{st.State, st.Restarts, before.told}
		if st.State == spec.ServiceBackoff {
			next.restarts++
		}
		// States come as they are now: one that ended and runs again is told by the number of its restarts.
		failed := before.state != st.State && failing(st) || known && next.restarts > before.restarts
		often := st.State != spec.ServiceFailed && now.Sub(before.told) < repeatAfter
		if failed && a.begun && !often {
			next.told = now
			a.emit(failureOf(st, next.restarts))
		}
		a.known[st.Name] = next
	}
	a.begun = true
}

func failing(st spec.ServiceState) bool {
	return st.State == spec.ServiceFailed || st.State == spec.ServiceBackoff || st.State == spec.ServiceUnready
}

func failureOf(st spec.ServiceState, restarts int) spec.Event {
	e := spec.Event{Kind: "service", Name: st.Name, State: "failed", Detail: st.Detail, Tail: st.Tail}
	if e.Detail == "" {
		e.Detail = "it ended, and was started again"
	}
	if restarts > 1 {
		e.Detail += fmt.Sprintf(" (restart %d)", restarts)
	}
	return e
}
