package sandbox

import (
	"net/netip"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// servedOutside: the part is the monitor's alone, and nothing inside knows of it.
func servedOutside(c Change) bool { return c.Part == partPorts || c.Part == partAllow }

// Parts of a specification that the monitor serves.
const (
	partPorts = "ports"
	partAllow = "network.allow"
)

// remonitor makes another monitor, by the specification that is in the state now. What runs inside goes
// on; connections through the old one end.
func (u *upper) remonitor(id string) error {
	kept := u.engine.askedForwards(id, u.state)
	n, err := u.planMonitor() // while the old one is there: a tool may be asked, and not answer
	if err != nil {
		return err
	}
	if u.state.MonitorAlive() {
		if err := userns.KillWait(u.state.Monitor.PID, endGrace); err != nil {
			return err
		}
	}
	u.state.Monitor = store.Process{}
	if needsMonitor(u.state.Spec) || len(kept) > 0 {
		if err := u.startPlanned(id, n); err != nil {
			return err
		}
	}
	for _, p := range kept {
		if _, err := u.engine.askMonitor(id, monitor.Ask{Forward: &p}); err != nil {
			u.emit(spec.Event{Kind: "degraded", Name: "ports", Detail: err.Error()})
		}
	}
	return u.engine.store.WriteState(id, u.state)
}

// askedForwards are those that the user added to the running sandbox.
func (e *Engine) askedForwards(id string, st store.State) []spec.PortForward {
	s := e.networkState(id, st)
	if s == nil {
		return nil
	}
	var out []spec.PortForward
	for _, f := range s.Forwards {
		if at, err := netip.ParseAddrPort(f.Address); err == nil && f.Origin == spec.ForwardAsked {
			out = append(out, spec.PortForward{IP: at.Addr().String(), Host: int(at.Port()), Inside: f.Inside, UDP: f.Protocol == spec.UDP})
		}
	}
	return out
}
