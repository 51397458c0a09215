package agent

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/service"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// services are those of the configuration. There is nothing of them until a client
// defines one.
type services struct {
	mu    sync.Mutex
	super *service.Supervisor
	logs  map[string]*serviceLog
}

// of makes the supervisor with the first need of it.
func (s *services) of(a *agent) *service.Supervisor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.super == nil {
		s.logs = map[string]*serviceLog{}
		s.super = service.New(serviceHost{a}, func(spec.ServiceState) { a.touch() })
	}
	return s.super
}

func (s *services) stopAll(deadline time.Time) {
	s.mu.Lock()
	super := s.super
	s.mu.Unlock()
	if super != nil {
		super.StopAll(deadline)
	}
}

// define takes a service over, with its log. It is not in force yet.
func (s *services) define(w spec.Service, log, older *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.logs[w.Name]; have != nil {
		have.reopen(log, older)
		return
	}
	s.logs[w.Name] = newServiceLog(log, older)
}

func (s *services) log(name string) *serviceLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logs[name]
}

// service answers what a client wants of services, frame by frame, to the last one
// that it was told of.
func (a *agent) service(c *wire.Conn, f wire.Frame) {
	super := a.services.of(a)
	var defined []spec.Service
	for {
		var req wire.ServiceBody
		if err := f.Decode(&req); err != nil || req.Version != wire.Version {
			f.Close()
			_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedVersion, Text: "another version of the protocol"})
			return
		}
		if req.Define == nil {
			f.Close()
			a.doServices(c, super, defined, req)
			return
		}
		if len(f.Files) != 2 || req.Define.Name == "" || len(req.Define.Args) == 0 {
			f.Close()
			_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedOther, Text: "no such service can be defined"})
			return
		}
		a.services.define(*req.Define, f.Files[0], f.Files[1]) // which has the descriptors from now on
		defined = append(defined, *req.Define)
		var err error
		if f, err = c.Recv(); err != nil {
			return
		}
		if f.Type != wire.Service {
			f.Close()
			return
		}
	}
}

func (a *agent) doServices(c *wire.Conn, super *service.Supervisor, defined []spec.Service, req wire.ServiceBody) {
	for _, name := range req.Names {
		if !super.Has(name) {
			_ = c.Send(wire.Refused, wire.RefusedBody{Reason: wire.RefusedOther, Path: name, Text: "no such service", Errno: int(syscall.ENOENT)})
			return
		}
	}
	last := wire.ServicesBody{Last: true}
	switch req.Do {
	case wire.ServicesSet:
		super.Set(defined)
		super.Start(nil)
		a.tellUntilSettled(c, super, nil)
	case wire.ServicesStart:
		super.Start(req.Names)
		a.tellUntilSettled(c, super, req.Names)
	case wire.ServicesRestart:
		ran := a.running(super)
		super.Stop(a.orAll(super, req.Names), time.Time{})
		again := append(a.orAll(super, req.Names), ran...) // what depends on them was stopped too
		super.Start(again)
		a.tellUntilSettled(c, super, again)
	case wire.ServicesStop:
		super.Stop(a.orAll(super, req.Names), time.Time{})
	case wire.ServicesFollow:
		a.followServices(c, super)
		return
	case wire.ServicesList:
		if req.Stats {
			last.Stats = a.usage(super)
		}
	}
	last.States, _ = super.States()
	_ = c.Send(wire.ServicesAre, last)
}

// followServices tells of each change as long as somebody listens.
func (a *agent) followServices(c *wire.Conn, super *service.Supervisor) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if f, err := c.Recv(); err == nil { // nothing is to be said any more
			f.Close()
		}
	}()
	for {
		states, changed := super.States()
		if c.Send(wire.ServicesAre, wire.ServicesBody{States: states}) != nil {
			return
		}
		select {
		case <-changed:
		case <-gone:
			return
		}
	}
}

// running are the names of those that have a process.
func (a *agent) running(super *service.Supervisor) []string {
	var names []string
	states, _ := super.States()
	for _, st := range states {
		if st.Runs() {
			names = append(names, st.Name)
		}
	}
	return names
}

func (a *agent) orAll(super *service.Supervisor, names []string) []string {
	if len(names) > 0 {
		return names
	}
	states, _ := super.States()
	for _, st := range states {
		names = append(names, st.Name)
	}
	return names
}

// tellUntilSettled tells of each change until each of the names, all without any, is
// good or will not be so in time.
func (a *agent) tellUntilSettled(c *wire.Conn, super *service.Supervisor, names []string) {
	for {
		states, changed := super.States()
		if c.Send(wire.ServicesAre, wire.ServicesBody{States: states}) != nil {
			return // nobody listens any more; the services go on
		}
		if !slices.ContainsFunc(states, func(st spec.ServiceState) bool {
			return (len(names) == 0 || slices.Contains(names, st.Name)) && !st.Good() && !st.Bad()
		}) {
			return
		}
		<-changed
	}
}
