package agent

import (
	"sync"
	"syscall"
	"time"
)

// ending is the end of all that a command started, once a client has asked for it.
type ending struct {
	mu   sync.Mutex
	done chan struct{} // nil: nobody asked
}

// begin begins it; a second wish changes nothing.
func (e *ending) begin(do func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done != nil {
		return
	}
	e.done = make(chan struct{})
	go func() {
		defer close(e.done)
		do()
	}()
}

// wait waits for its end, if it was begun.
func (e *ending) wait() {
	e.mu.Lock()
	done := e.done
	e.mu.Unlock()
	if done != nil {
		<-done
	}
}

const (
	maxGrace  = time.Minute
	killLimit = 2 * time.Second // for processes to go that were killed
)

// endAll ends a command with its session and everything that descends from it, and returns when nothing of
// it is left: whoever starts it anew needs its ports.
func (a *agent) endAll(f *family, grace time.Duration) {
	a.signalFamily(f, syscall.SIGTERM)
	a.signalFamily(f, syscall.SIGCONT)
	if a.familyGone(f, min(max(grace, 0), maxGrace), 0) {
		return
	}
	a.familyGone(f, killLimit, syscall.SIGKILL)
}

// familyGone waits for the end of a family; whoever is still there gets the signal again and again.
func (a *agent) familyGone(f *family, atMost time.Duration, s syscall.Signal) bool {
	pause := time.Millisecond
	for end := time.Now().Add(atMost); ; {
		if a.signalFamily(f, s) == 0 {
			return true
		}
		if !time.Now().Before(end) {
			return false
		}
		time.Sleep(pause)
		pause = min(2*pause, 20*time.Millisecond)
	}
}

// signalFamily signals those of a family that are there, and counts them.
func (a *agent) signalFamily(f *family, s syscall.Signal) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	there := f.among(a.others())
	for _, p := range there {
		_ = syscall.Kill(p.pid, s)
	}
	return len(there)
}
