package service

import (
	"cmp"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// attend waits for the end of a process, and finds out meanwhile whether it is ready.
// ended is false when it is to be ended. first is when the service was started.
func (u *unit) attend(p attempt, first time.Time) (exit spec.Exit, ended bool) {
	stop := make(chan struct{})
	defer close(stop)
	ready := make(chan error)
	go u.ask(p, ready, stop)
	late := time.NewTimer(time.Until(first.Add(u.timeout())))
	defer late.Stop()
	why, began := cmp.Or(u.why(), u.silence()), time.Now()
	for {
		select {
		case exit := <-p.Ended:
			return exit, true
		case <-u.ending:
			return spec.Exit{}, false
		case err := <-ready:
			if err == nil {
				u.set(spec.ServiceReady, "", func(st *spec.ServiceState) { st.Late, st.Took = false, time.Since(began) })
				late.Stop()
				ready = nil
				continue
			}
			why = err.Error()
		case <-late.C:
			u.set(spec.ServiceUnready, "not ready after "+u.timeout().String()+because(why), func(st *spec.ServiceState) {
				st.Late = true
				if tail := p.Tail(); len(tail) > 0 { // else what the one before it said
					st.Tail = tail
				}
			})
		}
	}
}

// silence is why a service is not ready whose question was never answered.
func (u *unit) silence() string {
	switch r := u.spec.Ready; {
	case r.Exit:
		return "it has not ended"
	case r.Log != "":
		return "no line of its output matches " + r.Log
	case len(r.Command) > 0:
		return "the command that asks has not ended"
	case r.TCP != 0 || r.HTTP != "":
		return "no answer"
	}
	return ""
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// ask says on ready each time what came of asking, until that is nil.
func (u *unit) ask(p attempt, ready chan<- error, stop <-chan struct{}) {
	r := u.spec.Ready
	say := func(err error) bool {
		select {
		case ready <- err:
			return err != nil
		case <-stop:
			return false
		}
	}
	wait := func(d time.Duration) bool {
		select {
		case <-time.After(d):
			return true
		case <-stop:
			return false
		}
	}
	switch {
	case r.Exit: // its end says it
	case r.Log != "":
		select {
		case <-p.said:
			say(nil)
		case <-stop:
		}
	case len(r.Command) == 0 && r.TCP == 0 && r.HTTP == "":
		if wait(settleTime) {
			say(nil)
		}
	default:
		// The first ones follow each other sooner: most are there at once.
		pause := min(10*time.Millisecond, cmp.Or(r.Interval, defaultInterval))
		for say(u.super.host.Probe(u.spec)) && wait(pause) {
			pause = min(2*pause, cmp.Or(r.Interval, defaultInterval))
		}
	}
}

// why is what ended the process before, if there was one.
func (u *unit) why() string {
	u.super.mu.Lock()
	defer u.super.mu.Unlock()
	words, _, _ := strings.Cut(u.state.Detail, ";")
	return words
}
