package sandbox

import (
	"slices"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// planNet decides about the network beside its mode.
func planNet(l *config.Loaded) spec.Net {
	c := l.Config.Network
	n := spec.Net{DNS: c.DNS, HostLoopback: slices.Compact(slices.Sorted(slices.Values(c.HostLoopback)))}
	if c.Mode == spec.NetworkFiltered {
		n.Allow = c.Allow
	}
	if c.Driver != "auto" {
		n.Driver = c.Driver
	}
	for _, s := range c.Ports {
		n.Ports = append(n.Ports, portForward(s))
	}
	// Without a network nothing is expected to serve anybody; there it must be asked for.
	asked := l.Origins["network.auto_forward"].Layer != "default"
	n.AutoForward = c.AutoForward && (c.Mode == spec.NetworkPrivate || c.Mode == spec.NetworkFiltered || c.Mode == spec.NetworkNone && asked)
	return n
}
