package config

import (
	"maps"
	"net"
	"slices"
	"strings"
)

// ports: those of the file are there from the start; what else begins to listen
// follows network.auto_forward.
func (m *devMapper) ports() {
	f := m.f
	m.dev.Ports, m.dev.OtherPorts = f.PortsAttributes, f.OtherPortsAttributes
	for i, s := range f.ForwardPorts {
		m.forward(indexed("forwardPorts", i), s)
	}
	for i, s := range f.AppPort {
		prop := "appPort"
		if m.f.Has(indexed(prop, i)) {
			prop = indexed(prop, i)
		}
		m.publish(prop, s)
	}
	for _, key := range slices.Sorted(maps.Keys(f.PortsAttributes)) {
		if _, _, ok := PortRange(key); !ok {
			m.warn(join("portsAttributes", key), "an expression for a command line finds no port here: write the port, or a range")
		}
	}
	if f.OtherPortsAttributes.OnAutoForward == "ignore" {
		m.set("network.auto_forward", "otherPortsAttributes.onAutoForward", "false")
	}
}

// forward is a port, or HOST:PORT, where HOST is a service of compose.
func (m *devMapper) forward(prop, s string) {
	host, port, err := net.SplitHostPort(s)
	switch {
	case err != nil:
		port = s
	case m.composed != nil && m.composed.Has(host): // on the same loopback interface
	case host != "localhost" && host != "127.0.0.1":
		m.warn(prop, "%s is the port of another container, and there is none: it is not forwarded", quoted(s))
		return
	}
	if !m.f.PortsAttributes[port].RequireLocalPort {
		port = "auto:" + port
	}
	m.add(&m.l.Config.Network.Ports, "network.ports", "port", prop, port)
}

// publish is a port as docker run --publish has it, but reached by this machine alone
// unless an address is written.
func (m *devMapper) publish(prop, s string) {
	if strings.Contains(s, "-") {
		m.fail(prop, "%s: ranges of ports are not known here; write each one", quoted(s))
		return
	}
	m.add(&m.l.Config.Network.Ports, "network.ports", "port", prop, strings.TrimPrefix(s, ":"))
}

// PortRange reads a port or FROM-TO.
func PortRange(s string) (from, to int, ok bool) {
	a, b, ranged := strings.Cut(s, "-")
	from, ok = portNumber(a)
	if to = from; ok && ranged {
		to, ok = portNumber(b)
	}
	return from, to, ok && from <= to
}
