package sandbox

import (
	"fmt"
	"strconv"

	"github.com/rootless-sandbox/sandbox/sandbox/cgroup"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// groupLimits are those that take a control group; the others are rlimits.
func groupLimits(l spec.Limits) cgroup.Limits { return cgroup.Limits{Memory: l.Memory, CPUs: l.CPUs} }

// launchLimited launches a process in its group, which goes with it when that fails.
func (p *prepared) launchLimited(s *userns.Spawned, l userns.Packed) (*userns.Process, error) {
	p.limit(s.PID())
	process, err := s.Launch(l)
	if err != nil && p.group != "" {
		_ = cgroup.Remove(p.group)
		p.group = ""
	}
	return process, err
}

// limit puts the first process into a group of its own before it has started
// anything, and tells which limits do not hold here.
func (p *prepared) limit(pid int) {
	l := groupLimits(p.spec.Limits)
	if !l.Any() {
		return
	}
	name := p.spec.ID
	if p.spec.Ephemeral {
		name = "run-" + p.spec.ID + "-" + strconv.Itoa(pid)
	}
	dir, missing := cgroup.Put(pid, name, l)
	p.group = dir
	for _, m := range missing {
		p.emit(spec.Event{Kind: "degraded", Name: "limits", Detail: "limits." + m.Limit + " is not enforced: " + m.Why})
	}
}

// tellKilled says of a command that was killed when it was the kernel, for memory.
func tellKilled(x spec.Exit, group string, l spec.Limits, emit func(spec.Event)) {
	if n := cgroup.Killed(group); group != "" && n > 0 && (x.Signal == 9 || x.Code == 128+9) {
		emit(spec.Event{Kind: "note", Name: "limits.memory", Detail: fmt.Sprintf(
			"the kernel has ended %d of this sandbox's processes: together they needed more than %d MiB", n, l.Memory>>20)})
	}
}

// tellKilledIn is tellKilled for a sandbox that runs.
func (e *Engine) tellKilledIn(id string, x spec.Exit, emit func(spec.Event)) {
	if x.Signal != 9 && x.Code != 128+9 {
		return
	}
	if st, err := e.store.ReadState(id); err == nil {
		tellKilled(x, st.Cgroup, st.Spec.Limits, emit)
	}
}
