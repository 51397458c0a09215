// Package service keeps programs running. It answers: which service is started
// when, when can it be used, and what is done when it ends? How one is started, and
// how it is asked whether it is ready, is whoever's that uses it (Host).
//
//	waiting -> starting -> ready
//	              |  \ -> unready (late) -> ready
//	              v
//	           backoff -> starting ...    it ended and is to run again
//	           done, failed               it ended for good
//
// Each service has a goroutine of its own from its start to its stop. A service is
// stopped before those that it depends on.
package service

import (
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Times. They are the fields of a Supervisor so that tests need not wait.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
	// healthyAfter is how long a service must have run for its next failure to be a first one.
	healthyAfter = 10 * time.Second
	// settleTime is how long one that nobody asks must have run to be ready: a mistake in a
	// command ends it within that.
	settleTime      = 100 * time.Millisecond
	defaultInterval = 100 * time.Millisecond
	defaultTimeout  = 30 * time.Second
	defaultGrace    = 10 * time.Second
)

// Process is a service that was started.
type Process struct {
	PID   int
	Ended <-chan spec.Exit // one value
	// Signal sends to the service itself, or to it and all that descends from it, and
	// says how many there were.
	Signal func(s syscall.Signal, all bool) int
	// Gone is called when it has ended with all that descends from it; may be nil.
	Gone func()
	// Tail gives the last lines of output.
	Tail func() []string
}

// Host starts services and asks whether they are ready. Its functions are called by
// several goroutines at once.
type Host interface {
	// Start starts it; line is called for each line of its output.
	Start(s spec.Service, line func(string)) (Process, error)
	// Probe answers nil when the service is ready; it takes a few seconds at most. It is not asked about Log.
	Probe(s spec.Service) error
}
