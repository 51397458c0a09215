package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// fake starts nothing: a test says how each service goes.
type fake struct {
	mu      sync.Mutex
	log     []string // what was done, in order
	live    map[string]chan spec.Exit
	lines   map[string]func(string)
	probes  map[string]error
	refuse  map[string]error
	ignores map[string]bool // SIGTERM
	runs    map[string]int
	hang    <-chan struct{} // until which probes do not answer
}

func newFake() *fake {
	return &fake{live: map[string]chan spec.Exit{}, lines: map[string]func(string){}, probes: map[string]error{}, refuse: map[string]error{}, ignores: map[string]bool{}, runs: map[string]int{}}
}

func (f *fake) Start(s spec.Service, line func(string)) (Process, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refuse[s.Name]; err != nil {
		return Process{}, err
	}
	f.log = append(f.log, "start "+s.Name)
	f.runs[s.Name]++
	ended := make(chan spec.Exit, 1)
	f.live[s.Name], f.lines[s.Name] = ended, line
	alive := true
	gone := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.log = append(f.log, "gone "+s.Name)
	}
	return Process{PID: 100 + f.runs[s.Name], Ended: ended, Gone: gone, Tail: func() []string { return []string{"last words"} }, Signal: func(sig syscall.Signal, _ bool) int {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.live[s.Name] != ended {
			return 0
		}
		if alive && (sig == syscall.SIGKILL || sig == syscall.SIGTERM && !f.ignores[s.Name]) {
			alive = false
			delete(f.live, s.Name)
			f.log = append(f.log, "end "+s.Name)
			ended <- spec.Exit{Code: 128 + int(sig), Signal: int(sig)}
		}
		if alive {
			return 1
		}
		return 0
	}}, nil
}

func (f *fake) Probe(s spec.Service) error {
	if f.hang != nil {
		<-f.hang
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.probes[s.Name]
}

// exit ends a service by itself.
func (f *fake) exit(name string, code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ended := f.live[name]
	delete(f.live, name)
	ended <- spec.Exit{Code: code}
}

func (f *fake) done() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.log)
}

func (f *fake) setProbe(name string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.probes[name] = err
}

func begin(t *testing.T, f *fake, list ...spec.Service) *Supervisor {
	t.Helper()
	s := New(f, nil)
	s.Set(list)
	s.Start(nil)
	t.Cleanup(func() { s.StopAll(time.Now()) })
	return s
}

// await waits until a service is in a state, and gives what is known of it then.
func await(t *testing.T, s *Supervisor, name, state string) spec.ServiceState {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		states, changed := s.States()
		var now spec.ServiceState
		for _, st := range states {
			if st.Name == name {
				now = st
			}
		}
		if now.State == state {
			return now
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("%s is %+v, not %s", name, now, state)
		}
	}
}

func probed(name string, on ...string) spec.Service {
	return spec.Service{Name: name, Args: []string{name}, DependsOn: on, Ready: spec.Ready{TCP: 1, Interval: time.Millisecond}}
}

// What is depended on is ready before what depends on it starts, and ends after it.
func TestOrder(t *testing.T) {
	f := newFake()
	f.probes["db"] = errors.New("not yet")
	s := begin(t, f, probed("web", "db", "cache"), probed("db"), probed("cache", "disk"), probed("disk"))
	await(t, s, "cache", spec.ServiceReady)
	if log := f.done(); slices.Contains(log, "start web") {
		t.Errorf("too early: %v", log)
	}
	f.setProbe("db", nil)
	await(t, s, "web", spec.ServiceReady)
	s.StopAll(time.Time{})
	log := strings.Join(f.done(), ", ")
	if at(log, "end web") > at(log, "end db") || at(log, "end web") > at(log, "end cache") || at(log, "end cache") > at(log, "end disk") {
		t.Errorf("ended in the order %s", log)
	}
	await(t, s, "db", spec.ServiceStopped)
}

func at(s, part string) int {
	if i := strings.Index(s, part); i >= 0 {
		return i
	}
	return len(s)
}

// Stopping one stops what depends on it, and nothing else.
func TestStopOne(t *testing.T) {
	f := newFake()
	s := begin(t, f, probed("web", "db"), probed("db"), probed("other"))
	await(t, s, "web", spec.ServiceReady)
	await(t, s, "other", spec.ServiceReady)
	s.Stop([]string{"db"}, time.Time{})
	await(t, s, "web", spec.ServiceStopped)
	await(t, s, "other", spec.ServiceReady)
	s.Start([]string{"web"})
	await(t, s, "web", spec.ServiceReady)
	if f.runs["db"] != 2 || f.runs["other"] != 1 {
		t.Errorf("runs: %v", f.runs)
	}
}

func TestRestartPolicies(t *testing.T) {
	for _, c := range []struct {
		policy string
		code   int
		state  string
	}{
		{"", 0, spec.ServiceDone}, {"", 1, spec.ServiceFailed},
		{spec.RestartNo, 1, spec.ServiceFailed},
		{spec.RestartOnFailure, 0, spec.ServiceDone}, {spec.RestartOnFailure, 1, spec.ServiceBackoff},
		{spec.RestartAlways, 0, spec.ServiceBackoff}, {spec.RestartAlways, 1, spec.ServiceBackoff},
	} {
		t.Run(fmt.Sprint(c.policy, c.code), func(t *testing.T) {
			f := newFake()
			w := probed("a")
			w.Restart = c.policy
			s := begin(t, f, w)
			await(t, s, "a", spec.ServiceReady)
			f.exit("a", c.code)
			st := await(t, s, "a", c.state)
			if c.state == spec.ServiceBackoff {
				if st = await(t, s, "a", spec.ServiceReady); st.Restarts != 1 {
					t.Errorf("%+v", st)
				}
				return
			}
			if c.code != 0 && (st.Detail != "exit status 1" || len(st.Tail) != 1 || st.PID != 0) {
				t.Errorf("%+v", st)
			}
		})
	}
}

// One that is not ready in time is told so, and may become ready all the same.
func TestNotReadyInTime(t *testing.T) {
	f := newFake()
	f.probes["a"] = errors.New("connection refused")
	w := probed("a")
	w.Ready.Timeout = 30 * time.Millisecond
	s := begin(t, f, w, probed("b", "a"))
	st := await(t, s, "a", spec.ServiceUnready)
	if !st.Late || !st.Bad() || st.Detail != "not ready after 30ms: connection refused" {
		t.Errorf("%+v", st)
	}
	if st := await(t, s, "b", spec.ServiceFailed); st.Detail != "it depends on a, which is not ready" {
		t.Errorf("%+v", st)
	}
	f.setProbe("a", nil)
	if st := await(t, s, "a", spec.ServiceReady); st.Late || st.Bad() {
		t.Errorf("%+v", st)
	}
}

// Also one that nothing was heard of says why.
func TestNothingHeardInTime(t *testing.T) {
	for want, r := range map[string]spec.Ready{
		"no line of its output matches ^up$":  {Log: "^up$"},
		"it has not ended":                    {Exit: true},
		"the command that asks has not ended": {Command: []string{"sleep"}},
		"no answer":                           {TCP: 1},
	} {
		f := newFake()
		hung := make(chan struct{})
		t.Cleanup(func() { close(hung) })
		f.hang = hung
		r.Timeout = 30 * time.Millisecond
		w := spec.Service{Name: "a", Args: []string{"a"}, Ready: r}
		s := begin(t, f, w)
		if st := await(t, s, "a", spec.ServiceUnready); st.Detail != "not ready after 30ms: "+want {
			t.Errorf("%+v", st)
		}
	}
}

func TestReadyByLog(t *testing.T) {
	f := newFake()
	w := spec.Service{Name: "a", Args: []string{"a"}, Ready: spec.Ready{Log: "^listening on [0-9]+$"}}
	s := begin(t, f, w)
	await(t, s, "a", spec.ServiceStarting)
	f.lines["a"]("listening on no port")
	f.lines["a"]("listening on 80")
	f.lines["a"]("listening on 81")
	await(t, s, "a", spec.ServiceReady)
}

func TestCannotStart(t *testing.T) {
	f := newFake()
	f.refuse["a"] = errors.New("no such file or directory")
	w := probed("a")
	w.Restart = spec.RestartAlways
	s := begin(t, f, w)
	if st := await(t, s, "a", spec.ServiceFailed); st.Detail != "no such file or directory" {
		t.Errorf("%+v", st)
	}
}

// One that does not listen to the signal is killed when its time is over.
func TestStubborn(t *testing.T) {
	f := newFake()
	f.ignores["a"] = true
	w := probed("a")
	w.StopGrace = 20 * time.Millisecond
	s := begin(t, f, w)
	await(t, s, "a", spec.ServiceReady)
	s.StopAll(time.Time{})
	await(t, s, "a", spec.ServiceStopped)
}

// A deadline is shorter than any grace.
func TestDeadline(t *testing.T) {
	f := newFake()
	f.ignores["a"] = true
	w := probed("a")
	w.StopGrace = time.Hour
	s := begin(t, f, w)
	await(t, s, "a", spec.ServiceReady)
	s.StopAll(time.Now().Add(20 * time.Millisecond))
	await(t, s, "a", spec.ServiceStopped)
}

// Set stops what is gone or reads otherwise, and leaves the rest alone.
func TestSet(t *testing.T) {
	f := newFake()
	s := begin(t, f, probed("a"), probed("b"), probed("c"))
	for _, name := range []string{"a", "b", "c"} {
		await(t, s, name, spec.ServiceReady)
	}
	changed := probed("b")
	changed.Env = []string{"A=1"}
	s.Set([]spec.Service{probed("a"), changed})
	s.Start(nil)
	await(t, s, "b", spec.ServiceReady)
	if f.runs["a"] != 1 || f.runs["b"] != 2 || s.Has("c") {
		t.Errorf("runs: %v", f.runs)
	}
}

// A stop during the pause before another start ends the waiting at once.
func TestStopInBackoff(t *testing.T) {
	f := newFake()
	w := probed("a")
	w.Restart = spec.RestartAlways
	s := begin(t, f, w, probed("b", "a"))
	for range 3 {
		await(t, s, "a", spec.ServiceReady)
		f.exit("a", 1)
		await(t, s, "a", spec.ServiceBackoff)
	}
	s.Stop([]string{"a"}, time.Time{})
	await(t, s, "a", spec.ServiceStopped)
	await(t, s, "b", spec.ServiceStopped)
}

// Twenty that wait for one another in pairs, started and stopped by several at once.
func TestManyAtOnce(t *testing.T) {
	f := newFake()
	var list []spec.Service
	for i := range 20 {
		w := probed(fmt.Sprint("s", i))
		if i%2 == 1 {
			w.DependsOn = []string{fmt.Sprint("s", i-1)}
		}
		list = append(list, w)
	}
	s := begin(t, f, list...)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			s.Stop([]string{fmt.Sprint("s", i)}, time.Time{})
			s.Start([]string{fmt.Sprint("s", i)})
		})
	}
	wg.Wait()
	s.Start(nil)
	for i := range 20 {
		await(t, s, fmt.Sprint("s", i), spec.ServiceReady)
	}
	s.StopAll(time.Time{})
	if len(f.live) != 0 {
		t.Errorf("still there: %v", f.live)
	}
}

// What a service leaves is seen to each time that nothing of it runs any more, before it is stopped.
func TestGone(t *testing.T) {
	f := newFake()
	w := probed("a")
	w.Restart = spec.RestartAlways
	s := begin(t, f, w)
	await(t, s, "a", spec.ServiceReady)
	f.exit("a", 1)
	await(t, s, "a", spec.ServiceBackoff)
	await(t, s, "a", spec.ServiceReady)
	s.Stop([]string{"a"}, time.Time{})
	want := []string{"start a", "gone a", "start a", "end a", "gone a"}
	if got := f.done(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
