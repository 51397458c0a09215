package config

import (
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/userns/capability"
)

// Security is what processes inside may do beyond the usual, or less than that. What adds rights needs your word in a project.
type Security struct {
	// Seccomp is which system calls processes inside may make: default (Docker's profile) or unconfined (all that the kernel lets them).
	Seccomp string `yaml:"seccomp" json:"seccomp,omitempty" enum:"default unconfined" check:"seccomp"`
	// Capabilities that processes inside may have, beside Docker's default set.
	Capabilities Capabilities `yaml:"capabilities" json:"capabilities,omitzero"`
	// NoNewPrivileges keeps programs inside from gaining rights by set-user-id files, sudo among them.
	NoNewPrivileges bool `yaml:"no_new_privileges" json:"no_new_privileges,omitempty"`
	// Devices of this host that are there inside, by their paths below /dev.
	Devices []string `yaml:"devices" json:"devices,omitempty" check:"device"`
	// Nested lets processes inside make user namespaces and mount in them, as container engines without root and this program do.
	Nested bool `yaml:"nested" json:"nested,omitempty"`
}

// Capabilities are names as in capabilities(7), with or without CAP_ in front.
type Capabilities struct {
	// Add to the default set. They count for root inside, and for the sandbox's user.
	Add []string `yaml:"add" json:"add,omitempty" check:"capability"`
	// Drop from the default set; ALL drops every one.
	Drop []string `yaml:"drop" json:"drop,omitempty" check:"drop"`
}

// securityRequests: what is beyond the usual rights of a process inside.
func (l *Loaded) securityRequests(ask func(key, what string)) {
	s := l.Config.Security
	if s.Seccomp == "unconfined" {
		ask("security.seccomp", "no filter of system calls: processes inside reach all of the kernel that your own do")
	}
	for i, name := range s.Capabilities.Add {
		ask(indexed("security.capabilities.add", i), capabilityWords(name))
	}
	for i, path := range s.Devices {
		ask(indexed("security.devices", i), l.deviceWords(path))
	}
	if s.Nested {
		ask("security.nested", "user namespaces and mounts inside, with the parts of the kernel behind them")
	}
	if l.Config.GPU {
		ask("gpu", "the graphics devices of this host")
	}
}

func capabilityWords(name string) string {
	bit, ok := capability.Parse(name)
	if !ok {
		return "the capability " + exact(name)
	}
	what := "the capability " + capability.Name(bit) + " inside"
	if capability.Name(bit) == "CAP_SYS_ADMIN" {
		what += ": root there can mount, take the covers off /proc and make read-only mounts writable"
	}
	return what
}

func (l *Loaded) deviceWords(path string) string {
	if target := l.Place(path); target != path {
		return "the device " + exact(path) + " (it leads to " + exact(target) + ")"
	}
	return "the device " + exact(path)
}

// checkHostVariable takes what shells take as a name (POSIX, 3.216).
func checkHostVariable(s string) string {
	if s == "" || len(s) > 200 || s[0] >= '0' && s[0] <= '9' || strings.ContainsFunc(s, func(r rune) bool { return !letterDigit(r) && r != '_' }) {
		return quoted(s) + " is no name of a variable: letters, digits and _, not starting with a digit"
	}
	return ""
}

func checkSeccomp(s string) string {
	if strings.ContainsAny(s, "/.") {
		return quoted(s) + ": a file with a profile is " + cannotYet
	}
	return ""
}

func checkDevice(s string) string {
	switch {
	case !strings.HasPrefix(s, "/dev/") || strings.Contains(s, ":"):
		return quoted(s) + " is no device: a path below /dev is needed, such as /dev/fuse"
	case slices.ContainsFunc(strings.Split(s[1:], "/"), func(part string) bool { return part == "" || part == "." || part == ".." }):
		return quoted(s) + " is no plain path"
	}
	return checkPath(s)
}

func checkDrop(s string) string {
	if strings.EqualFold(s, "all") {
		return ""
	}
	return checkCapability(s)
}

func checkCapability(s string) string {
	if _, ok := capability.Parse(s); ok {
		return ""
	}
	if strings.EqualFold(s, "all") {
		return quoted(s) + " cannot be added: name those that are needed"
	}
	message := quoted(s) + " is no capability"
	if near := nearest(strings.TrimPrefix(strings.ToLower(s), "cap_"), lowerNames()); near != "" {
		return message + ": the nearest is " + strings.ToUpper(near)
	}
	return message + ": see capabilities(7), for example NET_ADMIN"
}

func lowerNames() []string {
	var all []string
	for _, name := range capability.Names() {
		all = append(all, strings.ToLower(strings.TrimPrefix(name, "CAP_")))
	}
	return all
}
