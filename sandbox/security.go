package sandbox

import (
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/capability"
)

const allCapabilities = "ALL"

// planSecurity takes over what the configuration says, in one spelling.
func planSecurity(c config.Config) spec.Security {
	s := c.Security
	return spec.Security{
		Unfiltered: s.Seccomp == "unconfined", NoNewPrivs: s.NoNewPrivileges, Nested: s.Nested, GPU: c.GPU,
		CapAdd: capabilityNames(s.Capabilities.Add), CapDrop: capabilityNames(s.Capabilities.Drop),
		Devices: sortedUnique(s.Devices),
	}
}

// RightsError: what the configuration asks for would be the whole machine.
type RightsError struct{ Key, Why string }

func (e *RightsError) Error() string { return e.Key + ": " + e.Why }

// checkRights: where the caller is the real root, only what covers /proc keeps root
// inside from it, who owns it there as well.
func checkRights(s spec.Security, uid int) error {
	const why = "not for the real root, to whom all of /proc would be open inside: use it as another user"
	switch {
	case uid != 0:
	case s.Nested:
		return &RightsError{"security.nested", why}
	case slices.Contains(s.CapAdd, "CAP_SYS_ADMIN"):
		return &RightsError{"security.capabilities.add", "CAP_SYS_ADMIN " + why}
	}
	return nil
}

func capabilityNames(names []string) []string {
	var out []string
	for _, name := range names {
		if n, ok := capability.Parse(name); ok {
			out = append(out, capability.Name(n))
		} else {
			out = append(out, strings.ToUpper(name)) // ALL: the others were checked
		}
	}
	return sortedUnique(out)
}

// confinement is what the agent restricts commands to. What is added stays, whatever is dropped.
func confinement(s spec.Security) userns.Confinement {
	drop, add := capability.Set(s.CapDrop), capability.Set(s.CapAdd)
	if slices.Contains(s.CapDrop, allCapabilities) {
		drop = capability.All()
	}
	return userns.Confinement{
		Caps: userns.DefaultCaps&^drop | add, Ambient: add,
		Unfiltered: s.Unfiltered, Nested: s.Nested, NoNewPrivs: s.NoNewPrivs,
	}
}

// standardOps are the kernel's file systems. Inside a sandbox that is to hold others
// nothing covers parts of /proc: the kernel lets a user namespace mount one only
// where all of one can be seen already (mount_too_revealing in fs/namespace.c).
func standardOps(s spec.Security) []userns.Op {
	if s.Nested {
		return []userns.Op{{Kind: userns.OpUncovered}}
	}
	return []userns.Op{{Kind: userns.OpStandard}}
}
