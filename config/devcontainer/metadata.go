package devcontainer

import (
	"errors"

	"github.com/tailscale/hujson"
)

// Label is the label of an image that holds what its makers want of a dev container.
const Label = "devcontainer.metadata"

// ParseMetadata reads the label: an object, or a list of them, the weakest first. What
// is wrong in an entry is left out of it: nobody who uses the image can mend it.
func ParseMetadata(label string) ([]*File, error) {
	d := &decoder{file: &File{At: map[string]Position{}}}
	root, ok := d.syntax([]byte(label))
	if !ok {
		return nil, errors.New(d.problems[0].Message)
	}
	elements := []hujson.Value{root}
	if a, ok := root.Value.(*hujson.Array); ok {
		elements = a.Elements
	}
	var all []*File
	for _, e := range elements {
		if _, ok := e.Value.(*hujson.Object); !ok {
			return nil, errors.New("expected objects, found " + describe(e))
		}
		one := &decoder{data: d.data, file: &File{At: map[string]Position{}}, metadata: true}
		one.object(e, target(one.file), "")
		all = append(all, one.file)
	}
	return all, nil
}

// Metadata is what several entries come to together, by the rules of the
// specification ("Merge Logic" of image metadata).
type Metadata struct {
	File // scalars, variables, mounts, capabilities

	OnCreate, UpdateContent, PostCreate, PostStart, PostAttach []Command // in this order
	Entrypoints                                                []string
	AllCustomizations                                          []Raw
}

// Merge lays entries over one another, the weakest first.
func Merge(list []*File) Metadata {
	m := Metadata{File: File{At: map[string]Position{}}}
	for _, f := range list {
		m.scalars(f)
		m.Init = m.Init || f.Init
		m.Privileged = m.Privileged || f.Privileged
		m.CapAdd = union(m.CapAdd, f.CapAdd)
		m.SecurityOpt = union(m.SecurityOpt, f.SecurityOpt)
		m.ForwardPorts = union(m.ForwardPorts, f.ForwardPorts)
		m.ContainerEnv = over(m.ContainerEnv, f.ContainerEnv)
		m.RemoteEnv = over(m.RemoteEnv, f.RemoteEnv)
		m.PortsAttributes = over(m.PortsAttributes, f.PortsAttributes)
		m.Secrets = over(m.Secrets, f.Secrets)
		m.Mounts = MergeMounts(m.Mounts, f.Mounts)
		m.HostRequirements = MaxRequirements(m.HostRequirements, f.HostRequirements)
		m.commands(f)
		if len(f.Customizations) > 0 {
			m.AllCustomizations = append(m.AllCustomizations, f.Customizations)
		}
		if f.Entrypoint != "" {
			m.Entrypoints = append(m.Entrypoints, f.Entrypoint)
		}
	}
	return m
}

// scalars: the last one counts.
func (m *Metadata) scalars(f *File) {
	for key, set := range map[string]func(){
		"remoteUser":           func() { m.RemoteUser = f.RemoteUser },
		"containerUser":        func() { m.ContainerUser = f.ContainerUser },
		"userEnvProbe":         func() { m.UserEnvProbe = f.UserEnvProbe },
		"waitFor":              func() { m.WaitFor = f.WaitFor },
		"overrideCommand":      func() { m.OverrideCommand = f.OverrideCommand },
		"shutdownAction":       func() { m.ShutdownAction = f.ShutdownAction },
		"updateRemoteUserUID":  func() { m.UpdateRemoteUserUID = f.UpdateRemoteUserUID },
		"otherPortsAttributes": func() { m.OtherPortsAttributes = f.OtherPortsAttributes },
	} {
		if f.Has(key) {
			set()
			m.At[key] = f.At[key]
		}
	}
}

func (m *Metadata) commands(f *File) {
	for _, c := range []struct {
		to  *[]Command
		one Command
	}{
		{&m.OnCreate, f.OnCreateCommand}, {&m.UpdateContent, f.UpdateContentCommand}, {&m.PostCreate, f.PostCreateCommand},
		{&m.PostStart, f.PostStartCommand}, {&m.PostAttach, f.PostAttachCommand},
	} {
		if !c.one.IsZero() {
			*c.to = append(*c.to, c.one)
		}
	}
}

// MergeMounts: of several at one place the last one counts.
func MergeMounts(old, more []Mount) []Mount {
	all := append(append([]Mount(nil), old...), more...)
	var out []Mount
	for i, m := range all {
		last := true
		for _, later := range all[i+1:] {
			last = last && later.Target != m.Target
		}
		if last {
			out = append(out, m)
		}
	}
	return out
}

// MaxRequirements is what meets both.
func MaxRequirements(h, o HostRequirements) HostRequirements {
	h.CPUs = max(h.CPUs, o.CPUs)
	h.Memory, h.Storage = larger(h.Memory, o.Memory), larger(h.Storage, o.Storage)
	if o.GPU.Wanted {
		h.GPU.Optional = o.GPU.Optional && (h.GPU.Optional || !h.GPU.Wanted)
		h.GPU.Wanted = true
		h.GPU.Cores = max(h.GPU.Cores, o.GPU.Cores)
		h.GPU.Memory = larger(h.GPU.Memory, o.GPU.Memory)
	}
	return h
}

func larger(a, b string) string {
	x, _ := ParseSize(a)
	if y, ok := ParseSize(b); ok && y > x {
		return b
	}
	return a
}

func union(a, b []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range append(append([]string(nil), a...), b...) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func over[M ~map[string]V, V any](old, more M) M {
	if len(more) == 0 {
		return old
	}
	out := M{}
	for k, v := range old {
		out[k] = v
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}
