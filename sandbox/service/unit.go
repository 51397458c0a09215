package service

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// unit is one service. Its goroutine is there from renew to the closing of done.
type unit struct {
	super *Supervisor
	spec  spec.Service
	state spec.ServiceState // guarded by the supervisor's mu

	mu       sync.Mutex
	ending   chan struct{} // closed when it is to end
	done     chan struct{} // closed when it has ended, by itself or not; nil: it never began
	deadline time.Time     // of ending; zero: the service's own
}

func newUnit(s *Supervisor, w spec.Service) *unit {
	return &unit{super: s, spec: w, state: spec.ServiceState{Name: w.Name, State: spec.ServiceStopped}}
}

// renew makes it ready to run, and reports false where it does already.
func (u *unit) renew() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.done != nil {
		select {
		case <-u.done:
		default:
			return false
		}
	}
	u.ending, u.done, u.deadline = make(chan struct{}), make(chan struct{}), time.Time{}
	u.set(spec.ServiceWaiting, "", func(st *spec.ServiceState) { st.Restarts, st.Tail, st.Late = 0, nil, false })
	return true
}

// set changes the state.
func (u *unit) set(state, detail string, more ...func(*spec.ServiceState)) {
	u.super.update(u, func(st *spec.ServiceState) {
		st.State, st.Detail = state, detail
		if !st.Runs() {
			st.PID = 0
		}
		for _, change := range more {
			change(st)
		}
	})
}

// end stops it and waits.
func (u *unit) end(deadline time.Time) {
	u.mu.Lock()
	if u.done == nil {
		u.mu.Unlock()
		return
	}
	u.deadline = deadline
	select {
	case <-u.ending:
	default:
		close(u.ending)
	}
	u.mu.Unlock()
	u.wait()
}

// wait waits until it has ended.
func (u *unit) wait() {
	u.mu.Lock()
	done := u.done
	u.mu.Unlock()
	if done != nil {
		<-done
	}
}

// run is the life of the service.
func (u *unit) run() {
	defer close(u.done)
	if !u.dependencies() {
		return
	}
	first := time.Now()
	pause := firstBackoff
	for {
		began := time.Now()
		p, err := u.start()
		if err != nil {
			u.set(spec.ServiceFailed, err.Error())
			return
		}
		exit, ended := u.attend(p, first)
		if !ended {
			u.terminate(p)
			p.gone()
			u.set(spec.ServiceStopped, "")
			return
		}
		p.Signal(syscall.SIGKILL, true) // what it left behind
		p.gone()
		if !u.again(exit, p) {
			return
		}
		if time.Since(began) > healthyAfter {
			pause, first = firstBackoff, time.Now()
		}
		u.set(spec.ServiceBackoff, fmt.Sprintf("%s; again in %s", exitWords(exit), pause), func(st *spec.ServiceState) {
			st.Tail = p.Tail()
			st.Late = time.Since(first) > u.timeout()
		})
		select {
		case <-u.ending:
			u.set(spec.ServiceStopped, "")
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, lastBackoff)
		u.super.update(u, func(st *spec.ServiceState) { st.Restarts++ })
	}
}

// dependencies waits until all that it depends on are good, and reports false when that
// will not be, or when it is to end.
func (u *unit) dependencies() bool {
	for {
		states, changed := u.super.States()
		bad, good := "", 0
		for _, st := range states {
			for _, name := range u.spec.DependsOn {
				switch {
				case st.Name != name:
				case st.Good():
					good++
				case st.Bad():
					bad = name
				}
			}
		}
		switch {
		case bad != "":
			u.set(spec.ServiceFailed, "it depends on "+bad+", which is not ready")
			return false
		case good == len(u.spec.DependsOn):
			return true
		}
		select {
		case <-changed:
		case <-u.ending:
			u.set(spec.ServiceStopped, "")
			return false
		}
	}
}

// start starts it, and watches its output where that says that it is ready.
func (u *unit) start() (attempt, error) {
	a := attempt{said: make(chan struct{})}
	line := func(string) {}
	if u.spec.Ready.Log != "" {
		pattern, err := regexp.Compile(u.spec.Ready.Log)
		if err != nil {
			return a, err
		}
		var once sync.Once
		line = func(text string) {
			if pattern.MatchString(text) {
				once.Do(func() { close(a.said) })
			}
		}
	}
	var err error
	if a.Process, err = u.super.host.Start(u.spec, line); err != nil {
		return a, err
	}
	u.set(spec.ServiceStarting, u.why(), func(st *spec.ServiceState) { st.PID = a.PID })
	return a, nil
}

// attempt is a process of the service.
type attempt struct {
	Process
	said chan struct{} // closed when its output said that it is ready
}

func (a attempt) gone() {
	if a.Gone != nil {
		a.Gone()
	}
}

// again reports whether a service that ended is started again, and if not what it is now.
func (u *unit) again(exit spec.Exit, p attempt) bool {
	switch {
	case u.spec.Restart == spec.RestartAlways, u.spec.Restart == spec.RestartOnFailure && exit.Code != 0:
		return true
	case exit.Code == 0:
		u.set(spec.ServiceDone, "")
	default:
		u.set(spec.ServiceFailed, exitWords(exit), func(st *spec.ServiceState) { st.Tail = p.Tail() })
	}
	return false
}

func exitWords(e spec.Exit) string {
	if e.Signal != 0 {
		return "ended by " + strings.ToLower(syscall.Signal(e.Signal).String())
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// terminate ends it with all that descends from it.
func (u *unit) terminate(p attempt) {
	u.mu.Lock()
	deadline := u.deadline
	u.mu.Unlock()
	end := time.Now().Add(cmp.Or(u.spec.StopGrace, defaultGrace))
	if !deadline.IsZero() && deadline.Before(end) {
		end = deadline
	}
	p.Signal(0, true) // what descends from it is known from here on, also once it is gone
	p.Signal(cmp.Or(syscall.Signal(u.spec.StopWith), syscall.SIGTERM), false)
	ended := p.Ended
	for pause := time.Millisecond; time.Now().Before(end); pause = min(2*pause, 50*time.Millisecond) {
		select {
		case <-ended:
			ended = nil
			p.Signal(syscall.SIGTERM, true) // what it did not end itself
		case <-time.After(pause):
		}
		if ended == nil && p.Signal(0, true) == 0 {
			return
		}
	}
	p.Signal(syscall.SIGKILL, true)
	if ended != nil {
		<-ended
	}
}

func (u *unit) timeout() time.Duration { return cmp.Or(u.spec.Ready.Timeout, defaultTimeout) }
