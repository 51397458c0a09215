package config

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// WithImage lays what the image says of itself under what a devcontainer.json says:
// its metadata label, and the user that it is made for, "" for none. It does nothing
// without a devcontainer.json. What the label asks of the host is asked as if the
// project did, see HostRequests.
func (l *Loaded) WithImage(label, user string) {
	if l.Dev == nil {
		return
	}
	var entries []*devcontainer.File
	if label != "" {
		var err error
		if entries, err = devcontainer.ParseMetadata(label); err != nil {
			l.Dev.Warnings = append(l.Dev.Warnings, Problem{Message: "the image's " + devcontainer.Label + ": " + err.Error()})
		}
	}
	merged := devcontainer.Merge(entries)
	v := devcontainer.Variables{
		LocalFolder: l.Project.Dir, ContainerFolder: l.Dev.folder, ID: l.Dev.id,
		LocalEnv: func(_, _, fallback string, _ bool) string { return fallback }, // an image reads nothing of the host
	}
	v.Substitute(&merged.File)
	m := &imageMapper{devMapper{l: l, dev: l.Dev, f: &merged.File, image: true, lists: map[string]bool{}}}
	for _, key := range []string{"mounts", "security.capabilities.add", "network.ports"} {
		m.lists[key] = true // a list of the files is added to
	}
	m.users(user)
	m.environment()
	m.mounts()
	m.security()
	for i, s := range merged.ForwardPorts {
		m.forward(indexed("forwardPorts", i), s)
	}
	m.hooks(merged)
	m.settings(merged)
}

// imageMapper is a devMapper of an image's metadata, which is weaker than every file.
type imageMapper struct{ devMapper }

// users: remoteUser of the file, then of the image; then containerUser; then the
// image's own.
func (m *imageMapper) users(user string) {
	o := m.l.Origins["user"]
	switch {
	case m.f.RemoteUser != "" && (o.Layer == layerDefault || m.dev.containerUser):
		m.user("remoteUser", m.f.RemoteUser)
	case o.Layer != layerDefault:
	case m.f.ContainerUser != "":
		m.user("containerUser", m.f.ContainerUser)
	case user == "":
		m.user(imageUser, "root")
	default:
		m.user(imageUser, user)
	}
}

func (m *imageMapper) environment() {
	for _, name := range slices.Sorted(maps.Keys(m.f.ContainerEnv)) {
		if _, ok := m.l.Config.Env[name]; !ok {
			m.variable("containerEnv."+name, name, m.f.ContainerEnv[name])
		}
	}
	env := maps.Clone(m.f.RemoteEnv)
	if env == nil {
		env = devcontainer.Env{}
	}
	maps.Copy(env, m.dev.RemoteEnv)
	m.dev.RemoteEnv = env
}

func (m *imageMapper) mounts() {
	for i, x := range m.f.Mounts {
		there := func(old Mount) bool { return old.Target == x.Target }
		if !slices.ContainsFunc(m.l.Config.Mounts, there) {
			m.mount(indexed("mounts", i), x)
		}
	}
}

func (m *imageMapper) hooks(d devcontainer.Metadata) {
	all := func(list []devcontainer.Command) []Hook {
		var out []Hook
		for _, c := range list {
			out = append(out, hookOf(c))
		}
		return out
	}
	m.dev.Image = DevHooks{
		Create: all(d.OnCreate), Update: all(d.UpdateContent), PostCreate: all(d.PostCreate),
		Start: all(d.PostStart), Attach: all(d.PostAttach), Entrypoints: d.Entrypoints,
	}
}

func (m *imageMapper) settings(d devcontainer.Metadata) {
	dev := m.dev
	if dev.Probe == "" {
		dev.Probe = d.UserEnvProbe
	}
	if dev.override == nil && d.Has("overrideCommand") {
		dev.override = &d.OverrideCommand
	}
	dev.runsAs = cmp.Or(dev.runsAs, d.ContainerUser)
	if dev.WaitFor == "" {
		dev.WaitFor = d.WaitFor
	}
	ports := maps.Clone(d.PortsAttributes)
	if ports == nil {
		ports = map[string]devcontainer.PortAttributes{}
	}
	maps.Copy(ports, dev.Ports)
	dev.Ports = ports
	if dev.OtherPorts == (devcontainer.PortAttributes{}) {
		dev.OtherPorts = d.OtherPortsAttributes
	}
	dev.Requirements = devcontainer.MaxRequirements(d.HostRequirements, dev.Requirements)
	var custom []json.RawMessage
	for _, c := range d.AllCustomizations {
		custom = append(custom, json.RawMessage(c))
	}
	dev.Custom = append(custom, dev.Custom...)
}
