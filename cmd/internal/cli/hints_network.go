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
	var unknown *sandbox.NotForwardedError
	switch {
	case errors.As(err, &unknown):
		return one(diagnosis{Code: "SBX0604", Hints: []hint{{a.sibling("ports"), "those that do, and where they lead"}}})
	case errors.As(err, &port):
		return one(a.portHints(port))
	case errors.As(err, &tool):
		return one(diagnosis{Code: "SBX0603", Hints: []hint{
			{"sandbox network learn -- COMMAND", "a list of what a command asks for, by name"},
		}})
	case errors.As(err, &none), errors.As(err, &driver):
		return one(diagnosis{Code: "SBX0602", Hints: []hint{
			{"sandbox doctor", "what is missing, with its exact fix"},
			{a.again("--network filtered"), "by a proxy, which needs no driver, to what network.allow names"},
			{a.again("--network none"), "without a network"},
		}})
	}
	return nil
}

func (a *app) portHints(e *sandbox.PortError) diagnosis {
	at, _ := netip.ParseAddrPort(e.Address)
	number := strconv.Itoa(int(at.Port()))
	free := func(what string) hint { return a.freePort(e, number, what) }
	switch {
	case errors.Is(e, syscall.EADDRINUSE) && e.Holder != "":
		return diagnosis{Code: "SBX0601", Hints: []hint{free("the next free one")}}
	case errors.Is(e, syscall.EADDRINUSE):
		return diagnosis{Code: "SBX0601", Hints: []hint{{"ss -lnp 'sport = :" + number + "'", "who has it"}, free("the next free one")}}
	case errors.Is(e, syscall.EACCES):
		return diagnosis{Code: "SBX0601", Hints: []hint{
			free("a port that needs no right"),
			{"sudo sysctl net.ipv4.ip_unprivileged_port_start=" + number, "ports below 1024 are the administrator's unless this says otherwise"},
		}}
	}
	return diagnosis{Code: "SBX0601", Hints: []hint{{"ip address", "the addresses of this machine"}}}
}

// freePort is a port that is not to be a certain one, of the configuration or of the command that asked for it.
func (a *app) freePort(e *sandbox.PortError, number, what string) hint {
	if e.Inside != 0 {
		number = strconv.Itoa(e.Inside)
	}
	if a.verbAt < len(a.args) && a.args[a.verbAt] == "forward" {
		return hint{a.sibling("forward auto:" + number), what}
	}
	return hint{`ports: ["auto:` + number + `"]`, "in .sandbox.yaml, below network: " + what}
}
