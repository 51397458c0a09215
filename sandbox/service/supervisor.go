package service

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Supervisor keeps the services of one sandbox. Its methods may be called at once by
// several goroutines.
type Supervisor struct {
	host   Host
	report func(spec.ServiceState) // each change of a state; may be nil

	turn    sync.Mutex // held by whoever starts and stops
	mu      sync.Mutex
	units   map[string]*unit
	changed chan struct{} // closed at the next change
}

// New supervises nothing yet.
func New(host Host, report func(spec.ServiceState)) *Supervisor {
	if report == nil {
		report = func(spec.ServiceState) {}
	}
	return &Supervisor{host: host, report: report, units: map[string]*unit{}, changed: make(chan struct{})}
}

// Set makes the list the services that there are: what is not in it is stopped and
// forgotten, and what reads otherwise than before is stopped. Nothing is started.
func (s *Supervisor) Set(list []spec.Service) {
	s.turn.Lock()
	defer s.turn.Unlock()
	var stale []string
	for name, u := range s.all() {
		i := slices.IndexFunc(list, func(w spec.Service) bool { return w.Name == name })
		if i < 0 || !reflect.DeepEqual(u.spec, list[i]) {
			stale = append(stale, name)
		}
	}
	s.stop(stale, time.Time{})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range stale {
		delete(s.units, name)
	}
	for _, w := range list {
		if s.units[w.Name] == nil {
			s.units[w.Name] = newUnit(s, w)
		}
	}
}

// Start starts those of the names that do not run, with what they depend on; without
// names all of them.
func (s *Supervisor) Start(names []string) {
	s.turn.Lock()
	defer s.turn.Unlock()
	all := s.all()
	if len(names) == 0 {
		for name := range all {
			names = append(names, name)
		}
	}
	wanted := closure(names, func(name string) []string {
		if u := all[name]; u != nil {
			return u.spec.DependsOn
		}
		return nil
	})
	var begun []*unit
	for _, name := range wanted {
		if u := all[name]; u != nil && u.renew() {
			begun = append(begun, u)
		}
	}
	for _, u := range begun { // once all of them wait: nobody takes an old state for the new one
		go u.run()
	}
}

// Stop stops those of the names, and before them what depends on them; without names
// all. Nothing has longer than to the deadline; zero is as long as each asks for.
func (s *Supervisor) Stop(names []string, deadline time.Time) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.stop(names, deadline)
}

// StopAll is Stop of all, which does not come to nothing by having no names.
func (s *Supervisor) StopAll(deadline time.Time) {
	s.turn.Lock()
	defer s.turn.Unlock()
	var names []string
	for name := range s.all() {
		names = append(names, name)
	}
	s.stop(names, deadline)
}

func (s *Supervisor) stop(names []string, deadline time.Time) {
	all := s.all()
	ending := closure(names, func(name string) []string {
		var after []string
		for other, u := range all {
			if slices.Contains(u.spec.DependsOn, name) {
				after = append(after, other)
			}
		}
		return after
	})
	var wg sync.WaitGroup
	for _, name := range ending {
		u := all[name]
		if u == nil {
			continue
		}
		wg.Go(func() {
			for other, w := range all { // those that need it go first
				if slices.Contains(w.spec.DependsOn, name) && slices.Contains(ending, other) {
					w.wait()
				}
			}
			u.end(deadline)
		})
	}
	wg.Wait()
}

// closure is the names with all that next leads to.
func closure(names []string, next func(string) []string) []string {
	var out []string
	for todo := slices.Clone(names); len(todo) > 0; todo = todo[1:] {
		if !slices.Contains(out, todo[0]) {
			out = append(out, todo[0])
			todo = append(todo, next(todo[0])...)
		}
	}
	return out
}

// all are the services by name, as they are now.
func (s *Supervisor) all() map[string]*unit {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]*unit, len(s.units))
	for name, u := range s.units {
		out[name] = u
	}
	return out
}

// States are those of all services, by name, and a channel that is closed when one changes.
func (s *Supervisor) States() ([]spec.ServiceState, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]spec.ServiceState, 0, len(s.units))
	for _, u := range s.units {
		out = append(out, u.state)
	}
	slices.SortFunc(out, func(a, b spec.ServiceState) int { return strings.Compare(a.Name, b.Name) })
	return out, s.changed
}

// Has reports whether there is a service of that name.
func (s *Supervisor) Has(name string) bool { return s.all()[name] != nil }

// update changes a state and tells everybody.
func (s *Supervisor) update(u *unit, change func(*spec.ServiceState)) {
	s.mu.Lock()
	before := u.state
	change(&u.state)
	if u.state.State != before.State {
		u.state.Since = time.Now()
	}
	now := u.state
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.report(now)
}
