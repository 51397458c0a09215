package cli

import (
	"errors"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox"
)

// networkHints knows what connects a sandbox, and its ports.
func (a *app) networkHints(err error) []diagnosis {
	var port *sandbox.PortError
	var driver *sandbox.NetworkError
	var none *sandbox.NoNetworkError
	var tool *sandbox.ToolHostsError
	switch {
	case errors.As(err, &port):
		return one(a.portHints(port))
	case errors.As(err, &tool):
		return one(diagnosis{Code: "SBX0603", Hints: []hint{
			{"sandbox network learn -- COMMAND", "a list of what a command asks for, by name"},
		}})
	case errors.As(err, &none), errors.As(err, &driver):
		return one(diagnosis{Code: "SBX0602", Hints: []hint{
			{"sandbox doctor", "what is missing, with its exact fix"},
			{a.again("--network none"), "without a network"},
		}})
	}
	return nil
}

func (a *app) portHints(e *sandbox.PortError) diagnosis {
	at, _ := netip.ParseAddrPort(e.Address)
	number := strconv.Itoa(int(at.Port()))
	switch {
	case errors.Is(e, syscall.EADDRINUSE):
		return diagnosis{Code: "SBX0601", Hints: []hint{
			{"ss -ltnp 'sport = :" + number + "'", "who has it"},
			{`ports: ["auto:` + number + `"]`, "in .sandbox.yaml, below network: the next free one"},
		}}
	case errors.Is(e, syscall.EACCES):
		return diagnosis{Code: "SBX0601", Hints: []hint{
			{`ports: ["auto:` + number + `"]`, "in .sandbox.yaml, below network: a port that needs no right"},
			{"sudo sysctl net.ipv4.ip_unprivileged_port_start=" + number, "ports below 1024 are the administrator's unless this says otherwise"},
		}}
	}
	return diagnosis{Code: "SBX0601", Hints: []hint{{"ip address", "the addresses of this machine"}}}
}
