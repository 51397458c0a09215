// Package early begins a run before it is known what will run. It answers: what
// can the kernel do for a start before the program has read its configuration?
package early

import (
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/carried"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Process is the first process of a run, cloned before the run is planned: it
// starts up beside the planning. It does nothing until it is launched. A nil
// Process is none.
type Process struct {
	spawned *userns.Spawned
	control *wire.Conn
}

// Start clones it. It lives as long as the calling thread, which is the main
// one during the initialization of packages and never ends before the program.
// An error is not told: the start proper meets it again. Discard must be
// called, also after the run.
func Start() *Process {
	control, theirs, err := wire.Pair()
	if err != nil {
		return nil
	}
	defer func() { _ = theirs.Close() }()
	stdio := userns.Stdio{Err: os.Stderr, Extra: []*os.File{theirs}, Exe: carried.Agent()}
	spawned, err := userns.Spawn(agent.Role, userns.Launch{Root: &userns.Root{}}, stdio)
	if err != nil {
		_ = control.Close()
		return nil
	}
	return &Process{spawned, control}
}

// Take gives the process away, once; nil when there is none. It has every
// namespace, no limits, and one more descriptor: the other end of the connection.
func (p *Process) Take() (*userns.Spawned, *wire.Conn) {
	if p == nil || p.spawned == nil {
		return nil, nil
	}
	spawned := p.spawned
	p.spawned = nil
	return spawned, p.control
}

// Discard ends the process if nobody took it.
func (p *Process) Discard() {
	if p != nil && p.spawned != nil {
		p.spawned.Discard()
		_ = p.control.Close()
	}
}
