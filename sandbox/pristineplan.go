package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// PristineOptions say what the runs of a test have around them. Everything that is
// empty is the same on each machine.
type PristineOptions struct {
	Network string   // none unless it says otherwise
	Env     []string // KEY=value, over those of the specification
	Source  string   // a tree that is looked at instead of the project's
	// Services are started for each run, with what they depend on.
	Services []string

	// What a test should not depend on. Empty: the usual one.
	Hostname string
	UserName string
	Locale   string
	TimeZone string
	Epoch    int64
	Umask    int   // 0: 022
	CPUs     []int // numbers of processors; none: all of them
}

// What a pristine run has instead of the caller's.
const (
	pristineName   = "sandbox" // host and user
	pristineLocale = "C.UTF-8"
	pristineZone   = "UTC"
	pristineUmask  = 0o022
	// pristineEpoch is the first day that a zip archive can have, which packagers took before.
	pristineEpoch = 315532800
)

// PristineSpec turns the specification of a sandbox into that of runs which start from nothing: the
// project is seen through a writable layer that is thrown away, nothing of the caller's own
// surroundings goes in, and nothing outlives them. It reads nothing.
func PristineSpec(s spec.Spec, o PristineOptions) spec.Spec {
	s.Ephemeral = true
	s.Hooks, s.Dotfiles, s.SSHAgent = spec.Hooks{}, nil, false
	s.Hostname = cmp.Or(o.Hostname, pristineName)
	s.Network = cmp.Or(o.Network, "none")
	s.Net.Ports, s.Net.AutoForward = nil, false
	all := s.Services
	s.Services = servicesFor(all, o.Services)
	s.Mounts = slices.DeleteFunc(slices.Clone(s.Mounts), func(m spec.Mount) bool { return ofAnother(m, all, s.Services) })
	if s.Workspace.Target != "" {
		s.Workspace.Mode = "overlay"
	}
	if o.Source != "" {
		s.Workspace.Root = o.Source
		s.Workspace.Dir = cmp.Or(s.Workspace.Dir, s.Workspace.Target)
	}
	if s.User.Mode == spec.UserKeep && s.User.UID != 0 {
		s.User.Name = cmp.Or(o.UserName, pristineName)
		s.User.Home = "/home/" + s.User.Name
	}
	s.Env = pristineEnv(s.Env, s.Network, o)
	s.Mounts = pristineMounts(s.Mounts)
	return s
}

// servicesFor are those of the names and all that they depend on.
func servicesFor(all []spec.Service, names []string) []spec.Service {
	var out []spec.Service
	wanted := slices.Clone(names)
	for i := 0; i < len(wanted); i++ {
		at := slices.IndexFunc(all, func(w spec.Service) bool { return w.Name == wanted[i] })
		if at < 0 || slices.ContainsFunc(out, func(w spec.Service) bool { return w.Name == wanted[i] }) {
			continue
		}
		out = append(out, all[at])
		wanted = append(wanted, all[at].DependsOn...)
	}
	return out
}

// ofAnother: the mount is in the root of a service that is not started.
func ofAnother(m spec.Mount, all, started []spec.Service) bool {
	in := func(w spec.Service) bool { return w.Root != "" && strings.HasPrefix(m.Target, w.Root+"/") }
	return slices.ContainsFunc(all, in) && !slices.ContainsFunc(started, in)
}

// pristineEnv drops what came with the caller. A proxy is a part of the network.
func pristineEnv(env []string, network string, o PristineOptions) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return key == "LANG" || key == "LANGUAGE" || key == "TZ" || strings.HasPrefix(key, "LC_") ||
			key == "COLORTERM" || key == "NO_COLOR" || network == "none" && strings.HasSuffix(strings.ToLower(key), "_proxy")
	})
	locale := cmp.Or(o.Locale, pristineLocale)
	for _, kv := range []string{
		"LANG=" + locale, "LC_ALL=" + locale, "TZ=" + cmp.Or(o.TimeZone, pristineZone),
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(cmp.Or(o.Epoch, pristineEpoch), 10),
	} {
		if key, _, _ := strings.Cut(kv, "="); lookup(out, key) == "" {
			out = append(out, kv)
		}
	}
	return withImageEnv(out, o.Env)
}

// pristineMounts leaves out volumes, whose content is of earlier runs: what the image has there is
// seen. What is of the host is not written to.
func pristineMounts(mounts []spec.Mount) []spec.Mount {
	var out []spec.Mount
	for _, m := range mounts {
		if m.Type == "volume" {
			m.Type, m.Source = pristineVolume, ""
		}
		m.ReadOnly = m.ReadOnly || m.Type == "bind"
		out = append(out, m)
	}
	return out
}

// pristineVolume is the type of a mount that is no more than a directory.
const pristineVolume = "fresh"
