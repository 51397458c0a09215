package sandbox

import (
	"os"
	"runtime"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Early is the first process of a run, cloned while the run is still being
// planned: the kernel makes its namespaces, and it starts up, beside the reading
// of the configuration. It does nothing until it is launched.
type Early struct {
	ready   chan struct{}
	done    chan struct{}
	spawned *userns.Spawned
	control *wire.Conn
	used    bool
}

// StartEarly begins. Discard must be called, also after the run.
func StartEarly() *Early {
	e := &Early{ready: make(chan struct{}), done: make(chan struct{})}
	go e.spawn()
	return e
}

// spawn stays to the end: the process ends with the thread that cloned it.
func (e *Early) spawn() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if control, theirs, err := wire.Pair(); err == nil {
		stdio := userns.Stdio{Err: os.Stderr, Extra: []*os.File{theirs}}
		e.spawned, err = userns.Spawn(agent.Role, userns.Launch{Root: &userns.Root{}}, stdio)
		_ = theirs.Close()
		if err == nil {
			e.control = control
		} else {
			_ = control.Close() // the start proper meets the error again, and tells it
		}
	}
	close(e.ready)
	<-e.done
}

// take gives the process to a run that it fits; nil when it does not.
func (e *Early) take(s spec.Spec) (*userns.Spawned, *wire.Conn) {
	if e == nil || e.used || s.Network == "host" || s.Limits.PIDs > 0 {
		return nil, nil
	}
	<-e.ready
	if e.spawned == nil {
		return nil, nil
	}
	e.used = true
	return e.spawned, e.control
}

// Discard ends the process if no run took it. A nil Early has none.
func (e *Early) Discard() {
	if e == nil {
		return
	}
	<-e.ready
	if e.spawned != nil && !e.used {
		e.spawned.Discard()
		_ = e.control.Close()
	}
	close(e.done)
}
