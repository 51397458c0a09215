package sandbox

import (
	"errors"
	"net/netip"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// PortError: a port of the host cannot be had.
type PortError = monitor.PortError

// NetworkError: what connects a private network does not work.
type NetworkError = netdriver.Error

// NoNetworkError: nothing connects a private network here.
type NoNetworkError = netdriver.NoneError

// needsMonitor: there is something to do beside the sandbox.
func needsMonitor(s spec.Spec) bool {
	switch s.Network {
	case spec.NetworkPrivate, spec.NetworkFiltered:
		return true
	case spec.NetworkHost:
		return false
	}
	return len(s.Net.Ports) > 0 || s.Net.AutoForward || len(s.Net.HostLoopback) > 0
}

// network is what a start has to do for the network of its sandbox.
type network struct {
	config monitor.Config
	later  []string      // drivers to try when config.Driver does not start
	forced bool          // there is no other way than the driver that was asked for
	egress egress.Config // of config.Proxy
	// Where the monitor is a process of its own: its socket and its log.
	log  *os.File
	emit func(spec.Event)
}

// planNetwork decides how the network is made; nil where there is nothing to make.
// A private network that nothing can connect is none, and that is told, unless a driver was asked for by name.
func planNetwork(s spec.Spec, emit func(spec.Event)) (*network, error) {
	if !needsMonitor(s) {
		return nil, nil
	}
	n := &network{config: monitor.Config{Net: s.Net}, emit: emit}
	if s.Network == spec.NetworkFiltered {
		return n, n.filter(s)
	}
	if s.Network != spec.NetworkPrivate {
		return n, nil
	}
	n.config.DNS = s.Net.DNS
	drivers, err := netdriver.Choose(s.Net.Driver)
	if err != nil && s.Net.Driver != "" {
		return nil, err
	}
	n.later, n.forced = drivers, s.Net.Driver != ""
	return n, n.next(err)
}

// next turns to the next driver; without one the network is none, and that is told.
func (n *network) next(why error) error {
	n.config.Driver = ""
	for len(n.later) > 0 && n.config.Driver == "" {
		n.config.Driver, n.later = n.later[0], n.later[1:]
		if err := n.prepare(); err != nil {
			why, n.config.Driver = err, ""
		}
	}
	switch {
	case n.config.Driver != "":
	case n.forced:
		return why
	default:
		n.emit(spec.Event{Kind: "degraded", Name: "network", Detail: "none instead of private: " + why.Error()})
	}
	return nil
}

// prepare finds what a driver needs of this program.
func (n *network) prepare() (err error) {
	n.config.Addresses = netdriver.Plan(n.config.Driver)
	if n.config.Driver == netdriver.Embedded {
		n.config.Stack, err = stackProgram()
	}
	return err
}

// connected: there will be a way out.
func (n *network) connected() bool { return n != nil && n.config.Driver != "" }

// launch is the part of the first process.
func (n *network) launch() *userns.Net {
	if !n.connected() {
		return nil
	}
	a := n.config.Addresses
	l := &userns.Net{Interface: a.Interface, MTU: a.MTU, Kept: prefixes(netdriver.Kept())}
	l.Tun = n.config.Driver == netdriver.Embedded
	if n.config.Driver == netdriver.Pasta {
		return l // it says by that that it is ready
	}
	l.Own, l.Gateways = prefixes([]netip.Prefix{a.IPv4}), [][]byte{a.Gateway4.AsSlice()}
	if a.IPv6.IsValid() {
		l.Own = append(l.Own, prefixes([]netip.Prefix{a.IPv6})...)
		l.Gateways = append(l.Gateways, a.Gateway6.AsSlice())
	}
	return l
}

func prefixes(list []netip.Prefix) []userns.Prefix {
	var out []userns.Prefix
	for _, p := range list {
		out = append(out, userns.Prefix{Addr: p.Addr().AsSlice(), Bits: p.Bits()})
	}
	return out
}

// attachment is the network's part of one start: begun when the first process
// exists, and awaited before the first command.
type attachment struct {
	network *network
	begun   bool
	theirs  *os.File   // the agent's end of the connection with the monitor
	mine    *wire.Conn // run: the monitor is in this process
	process *monitor.Process
	done    chan struct{}

	// Read after done.
	monitor *monitor.Monitor
	state   spec.NetworkState
	err     error
}

// attach is nil where there is nothing to attach.
func (p *prepared) attach() (*attachment, error) {
	if p.network == nil {
		return nil, nil
	}
	return p.network.attach()
}

// attach makes the connection between agent and monitor, and a monitor's process where one is to stay.
func (n *network) attach() (*attachment, error) {
	a := &attachment{network: n, done: make(chan struct{})}
	var err error
	if a.mine, a.theirs, err = wire.Pair(); err != nil || n.log == nil {
		return a, err
	}
	f, err := a.mine.File()
	_ = a.mine.Close()
	if err == nil {
		a.process, err = monitor.Spawn(monitorProgram(), f, n.log)
	}
	if err != nil {
		_ = a.theirs.Close()
		return nil, err
	}
	return a, nil
}

// begin is called when the network namespace of the process pid is made.
func (a *attachment) begin(pid int) {
	a.begun = true
	c := a.network.config
	c.PID = pid
	go func() {
		defer close(a.done)
		if c.StartTime, a.err = store.ProcessStartTime(pid); a.err != nil {
			a.discard()
			return
		}
		if a.process != nil {
			a.state, a.err = a.process.Configure(c)
			return
		}
		if a.monitor, a.err = monitor.New(c, a.mine, a.network.emit); a.err == nil {
			a.state = a.monitor.State()
		}
	}()
}

// networked is begin, for userns.
func (a *attachment) networked() func(pid int) {
	if a == nil {
		return nil
	}
	return a.begin
}

// wait waits until the network of the process pid works.
func (a *attachment) wait(pid int) error {
	if a == nil {
		return nil
	}
	if !a.begun { // there is nothing in the namespace to wait for
		a.begin(pid)
	}
	<-a.done
	return a.err
}

// end ends whatever was begun.
func (a *attachment) end() {
	switch {
	case a == nil:
	case !a.begun:
		a.discard()
	default:
		<-a.done
		if a.monitor != nil {
			a.monitor.Close()
		}
	}
}

// send hands the agent its end, ahead of the first command.
func (a *attachment) send(control *wire.Conn) error {
	if a == nil {
		return nil
	}
	defer func() { _ = a.theirs.Close() }()
	return control.Send(wire.Serve, wire.Empty{}, a.theirs)
}

// discard is for one that was not begun.
func (a *attachment) discard() {
	if a == nil {
		return
	}
	_ = a.theirs.Close()
	if a.process != nil {
		a.process.Discard()
		return
	}
	_ = a.mine.Close()
}

// startNet starts, and starts again where no driver of the network works but another may.
func (p *prepared) startNet(d rootfs.Driver, first *request, listener, log *os.File) (*running, error) {
	for {
		r, err := start(p, d, first, listener, log)
		var failed *netdriver.Error
		if p.network == nil || !errors.As(err, &failed) {
			return r, err
		}
		if err := p.network.next(err); err != nil {
			return nil, err
		}
	}
}

// resolvConf is the sandbox's: the name server that the monitor plays, with the host's search list.
func resolvConf() string {
	text := "nameserver " + monitor.Resolver() + "\n"
	b, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return text
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain" || f[0] == "options") {
			text += strings.Join(f, " ") + "\n"
		}
	}
	return text
}
