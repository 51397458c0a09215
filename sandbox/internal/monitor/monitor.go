// Package monitor is the host's side of one sandbox's network. It answers: who
// keeps the network helper, the name server and the forwarded ports of a sandbox,
// and ends them with it?
//
// A foreground run has it as goroutines of its own process. Otherwise it is a
// process, see role.go. Either way it asks the agent for sockets of the sandbox's
// network and serves them from the host's; package agent has the reason.
package monitor

import (
	"errors"
	"sync"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Config is what a monitor has to do.
type Config struct {
	PID       int                 `json:"pid"`              // of the sandbox's first process, outside
	StartTime uint64              `json:"startTime"`        // of it
	Driver    string              `json:"driver,omitempty"` // empty: no network but the ports
	Stack     string              `json:"stack,omitempty"`  // the program of the embedded driver
	Addresses netdriver.Addresses `json:"addresses,omitzero"`
	Proxy     *Proxy              `json:"proxy,omitempty"` // of a filtered network
	DNS       []string            `json:"dns,omitempty"`   // name servers; none: the host's
	Net       spec.Net            `json:"net"`
	Socket    string              `json:"socket,omitempty"` // where to answer; empty: nowhere
}

// Monitor is a running one.
type Monitor struct {
	config   Config
	inside   *inside
	emit     func(spec.Event)
	ending   chan struct{}
	tasks    sync.WaitGroup
	forwards *forwards

	mu      sync.Mutex
	driver  string
	lost    string
	closers []func()
}

// New starts the tasks. It takes agent over, a connection on which the agent
// makes sockets; it may not answer yet. emit gets events of kind port and network.
func New(c Config, agent *wire.Conn, emit func(spec.Event)) (*Monitor, error) {
	m := &Monitor{config: c, inside: &inside{conn: agent}, emit: emit, ending: make(chan struct{})}
	m.forwards = &forwards{
		dial: m.inside.connect, dialUDP: m.inside.connectPackets, list: map[place]*forward{}, idle: idle{ending: m.ending},
	}
	if err := m.start(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// start: what can fail by what others do on this host comes first.
func (m *Monitor) start() error {
	for _, p := range m.config.Net.Ports {
		if _, err := m.forwards.add(p, spec.ForwardConfig, ""); err != nil {
			return err
		}
	}
	if m.config.Driver != "" {
		if err := m.connect(); err != nil {
			return err
		}
	}
	if m.config.Proxy != nil {
		if err := m.openProxy(*m.config.Proxy); err != nil {
			return err
		}
	}
	for _, port := range m.config.Net.HostLoopback {
		if err := m.openHostPort(port); err != nil {
			return err
		}
	}
	if m.config.Net.AutoForward {
		m.tasks.Go(m.watchListeners)
	}
	return nil
}

// connect starts the driver, and the name server.
func (m *Monitor) connect() error {
	start := func() (*netdriver.Helper, error) { return m.startDriver(m.config.Driver) }
	if err := m.keep(start); err != nil {
		return err
	}
	m.driver = m.config.Driver
	return m.serveNames()
}

func (m *Monitor) startDriver(name string) (*netdriver.Helper, error) {
	d, err := netdriver.New(name, m.config.Stack)
	if err != nil {
		return nil, err
	}
	t := netdriver.Target{PID: m.config.PID, Addresses: m.config.Addresses}
	if name == netdriver.Embedded {
		if t.Tun, err = m.inside.socket(wire.SocketBody{Kind: wire.SocketTun}); err != nil {
			return nil, err
		}
		defer func() { _ = t.Tun.Close() }()
	}
	return d.Start(t)
}

func (m *Monitor) onClose(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closers = append(m.closers, f)
}

// State is what is known of the network now.
func (m *Monitor) State() spec.NetworkState {
	m.mu.Lock()
	s := spec.NetworkState{Driver: m.driver, Lost: m.lost}
	m.mu.Unlock()
	s.Forwards = m.forwards.all()
	return s
}

// Close ends every task and waits for their end.
func (m *Monitor) Close() {
	close(m.ending)
	m.mu.Lock()
	closers := m.closers
	m.mu.Unlock()
	m.forwards.close()
	for _, f := range closers {
		f()
	}
	m.inside.close()
	m.tasks.Wait()
}

// errEnding is the answer to what comes too late.
var errEnding = errors.New("the monitor is ending")
