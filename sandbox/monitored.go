package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// recordMonitor notes the monitor's process in the state, which is not written yet.
func (u *upper) recordMonitor(a *attachment) error {
	u.state.Monitor, u.state.Driver = store.Process{}, ""
	if a == nil {
		return nil
	}
	started, err := store.ProcessStartTime(a.process.PID)
	u.state.Monitor, u.state.Driver = store.Process{PID: a.process.PID, StartTime: started}, a.state.Driver
	for _, f := range a.state.Forwards {
		u.emit(spec.Event{Kind: "port", Name: f.URL, State: "ok", Detail: fmt.Sprintf("leads to port %d", f.Inside)})
	}
	return err
}

// monitorMissing: there should be one.
func monitorMissing(st store.State) bool { return needsMonitor(st.Spec) && !st.MonitorAlive() }

// restoreMonitor starts a monitor for a running sandbox that has lost its own.
func (u *upper) restoreMonitor(id string) error {
	if err := u.startMonitor(id); err != nil {
		return err
	}
	u.emit(spec.Event{Kind: "network", Name: u.state.Spec.Network, State: "ok", Detail: "connected again"})
	return u.engine.store.WriteState(id, u.state)
}

// planMonitor is what one has to do for a running sandbox.
func (u *upper) planMonitor() (*network, error) {
	n, err := planNetwork(u.state.Spec, u.emit)
	if n == nil && err == nil {
		n = &network{config: monitor.Config{}, emit: u.emit}
	}
	return n, err
}

// startMonitor starts one for a running sandbox. The caller holds the sandbox's lock and writes the state.
func (u *upper) startMonitor(id string) error {
	n, err := u.planMonitor()
	if err != nil {
		return err
	}
	return u.startPlanned(id, n)
}

func (u *upper) startPlanned(id string, n *network) (err error) {
	dir := u.engine.store.Sandbox(id)
	n.config.Socket = dir.Monitor()
	if err := n.logEgress(dir.Egress()); err != nil {
		return err
	}
	if n.log, err = os.OpenFile(dir.Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return err
	}
	defer func() { _ = n.log.Close() }()
	if err := n.keepDriver(u.state.Driver); err != nil {
		return err
	}
	agent, err := u.engine.dial(id)
	if err != nil {
		return err
	}
	a, err := n.attachTo(agent)
	if err != nil {
		return err
	}
	if err := a.wait(u.state.PID); err != nil {
		return err
	}
	return u.recordMonitor(a)
}

// keepDriver: the interface inside was made for one of them, or for none.
func (n *network) keepDriver(was string) error {
	if was == netdriver.Proxy {
		was = "" // it has no interface
	}
	if n.config.Driver, n.later = was, nil; was == "" {
		return nil
	}
	return n.prepare()
}

// attachTo is attach with an agent that serves already.
func (n *network) attachTo(agent *wire.Conn) (*attachment, error) {
	f, err := agent.File()
	_ = agent.Close()
	if err != nil {
		return nil, err
	}
	a := &attachment{network: n, done: make(chan struct{})}
	a.process, err = monitor.Spawn(monitorProgram(), f, n.log)
	return a, err
}

// Ports are the forwards of a running sandbox, and what is known of its network. ErrNotFound, ErrNotRunning.
func (e *Engine) Ports(_ context.Context, id string) (spec.NetworkState, error) {
	st, err := e.store.ReadState(id)
	if err != nil {
		return spec.NetworkState{}, notFound(err)
	}
	if !st.Alive() {
		return spec.NetworkState{}, ErrNotRunning
	}
	if s := e.networkState(id, st); s != nil {
		return *s, nil
	}
	return spec.NetworkState{}, nil
}

// networkState asks the monitor; nil where there is nothing to ask.
func (e *Engine) networkState(id string, st store.State) *spec.NetworkState {
	if st.Monitor.PID == 0 && !needsMonitor(st.Spec) {
		return nil
	}
	a, err := e.askMonitor(id, monitor.Ask{})
	if err != nil {
		return &spec.NetworkState{Driver: st.Driver, Lost: "its monitor ended"}
	}
	for i, f := range a.State.Forwards {
		note := st.Spec.Net.Note(f.Inside)
		f.Label, f.OnAutoForward, f.URL = note.Label, note.OnAutoForward, note.URL(f.URL)
		a.State.Forwards[i] = f
	}
	return &a.State
}

func (e *Engine) askMonitor(id string, ask monitor.Ask) (monitor.Answer, error) {
	c, err := wire.Dial(e.store.Sandbox(id).Monitor())
	if err != nil {
		return monitor.Answer{}, err
	}
	defer func() { _ = c.Close() }()
	return monitor.Request(c, ask)
}

// Forward makes a port of the host lead into a running sandbox, until that ends.
func (e *Engine) Forward(ctx context.Context, id string, p spec.PortForward) (spec.Forward, error) {
	a, err := e.withMonitor(ctx, id, monitor.Ask{Forward: &p})
	e.nameHolder(err)
	return a.Forward, err
}

// portsBeside leaves out the ports that lead into another sandbox of the same project now: a command beside it goes without them.
func (e *Engine) portsBeside(s spec.Spec, emit func(spec.Event)) []spec.PortForward {
	if len(s.Net.Ports) == 0 || s.Project == "" {
		return s.Net.Ports
	}
	taken := map[string]string{} // by protocol and address
	ids, _ := e.store.IDs()
	for _, id := range ids {
		st, err := e.store.ReadState(id)
		if err != nil || st.Spec.Project != s.Project || !st.Alive() {
			continue
		}
		if n := e.networkState(id, st); n != nil {
			for _, f := range n.Forwards {
				taken[f.Protocol+f.Address] = st.Spec.Name
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(s.Net.Ports), func(p spec.PortForward) bool {
		at := net.JoinHostPort(cmp.Or(p.IP, "127.0.0.1"), strconv.Itoa(cmp.Or(p.Host, p.Inside)))
		protocol := spec.TCP
		if p.UDP {
			protocol = spec.UDP
		}
		name, is := taken[protocol+at]
		if is && !p.Auto {
			emit(spec.Event{Kind: "note", Name: "port", Detail: at + " leads into the sandbox " + name})
		}
		return is && !p.Auto
	})
}

// nameHolder names the sandbox that has a port where another one wants it.
func (e *Engine) nameHolder(err error) {
	var port *PortError
	if !errors.As(err, &port) || port.PID == 0 {
		return
	}
	ids, _ := e.store.IDs()
	for _, id := range ids {
		st, err := e.store.ReadState(id)
		if err != nil || st.Monitor.PID != port.PID || !st.MonitorAlive() {
			continue
		}
		port.Holder = "the sandbox " + st.Spec.Name
		if st.Spec.Project != "" {
			port.Holder += " of " + st.Spec.Project
		}
	}
}

// NotForwardedError: nothing leads to, or is, that port.
type NotForwardedError struct{ Port int }

func (e *NotForwardedError) Error() string {
	return fmt.Sprintf("port %d: nothing leads there", e.Port)
}

// Unforward ends what leads to, or is, that port; *NotForwardedError.
func (e *Engine) Unforward(ctx context.Context, id string, port int) error {
	a, err := e.askMonitor(id, monitor.Ask{Remove: port})
	switch {
	case noMonitor(err):
		if _, err := e.Ports(ctx, id); err != nil {
			return err
		}
		return &NotForwardedError{port}
	case err != nil && a.Error != "":
		return &NotForwardedError{port}
	}
	return err
}

func noMonitor(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)
}

// withMonitor starts a monitor where there is none yet.
func (e *Engine) withMonitor(ctx context.Context, id string, ask monitor.Ask) (monitor.Answer, error) {
	a, err := e.askMonitor(id, ask)
	if !noMonitor(err) {
		return a, err
	}
	if _, err := e.store.ReadState(id); err != nil {
		return a, notFound(err)
	}
	unlock, err := e.store.Lock(ctx, id)
	if err != nil {
		return a, err
	}
	defer unlock()
	u := &upper{engine: e, emit: orNothing(nil)}
	if u.state, err = e.store.ReadState(id); err != nil {
		return a, notFound(err)
	}
	if !u.state.Alive() {
		return a, ErrNotRunning
	}
	if !u.state.MonitorAlive() {
		if err := u.startMonitor(id); err != nil {
			return a, err
		}
		if err := e.store.WriteState(id, u.state); err != nil {
			return a, err
		}
	}
	return e.askMonitor(id, ask)
}
