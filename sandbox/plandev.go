package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/config/devcontainer"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// planDev decides what no key of the configuration can say, and tells what of a
// devcontainer.json is lost.
func planDev(s *spec.Spec, l *config.Loaded) []spec.Degradation {
	d := l.Dev
	if d == nil {
		return nil
	}
	s.Workspace.Start = d.Start
	if d.Hostname != "" {
		s.Hostname = hostname(d.Hostname)
	}
	s.Dev = &spec.Dev{
		File: d.File, Name: d.Name, WaitFor: d.WaitFor,
		RemoteEnv: remoteEnv(l), Probe: cmp.Or(d.Probe, spec.ProbeLoginInteractive),
		Customizations: d.Custom,
	}
	s.Net.Notes = portNotes(d)
	for _, h := range d.Hosts {
		s.Dev.Hosts = append(s.Dev.Hosts, h.Address+" "+h.Name)
	}
	return devDegradations(l)
}

func devDegradations(l *config.Loaded) []spec.Degradation {
	var out []spec.Degradation
	for _, w := range l.Dev.Warnings {
		why := w.Message
		if w.Line > 0 {
			why = fmt.Sprintf("line %d: %s", w.Line, why)
		}
		out = append(out, spec.Degradation{What: "devcontainer.json", Why: why})
	}
	for _, name := range sortedKeys(l.Dev.Secrets) {
		given := slices.ContainsFunc(l.Config.Secrets, func(s config.Secret) bool { return s.Name == name })
		_, set := l.Config.Env[name]
		if given || set || slices.Contains(l.Config.PassEnv, name) {
			continue
		}
		why := name + " is recommended and not given: a secret or pass_env of that name in .sandbox.local.yaml does"
		if text := l.Dev.Secrets[name].Description; text != "" {
			why += " (" + text + ")"
		}
		out = append(out, spec.Degradation{What: "secrets", Why: why})
	}
	return out
}

// remoteEnv leaves out what a stronger file says of a variable.
func remoteEnv(l *config.Loaded) map[string]*string {
	out := map[string]*string{}
	for name, value := range l.Dev.RemoteEnv {
		if o, ok := l.Origins["env."+name]; ok && o.File != l.Dev.File && (o.Layer == "project" || o.Layer == "local") {
			continue
		}
		out[name] = value
	}
	return out
}

// portNotes puts single ports before ranges, the narrowest first.
func portNotes(d *config.Dev) []spec.PortNote {
	var out []spec.PortNote
	for _, key := range sortedKeys(d.Ports) {
		note, ok := portNote(d.Ports[key]), false
		if note.From, note.To, ok = config.PortRange(key); ok {
			out = append(out, note)
		}
	}
	slices.SortStableFunc(out, func(a, b spec.PortNote) int { return cmp.Compare(a.To-a.From, b.To-b.From) })
	if d.OtherPorts != (devcontainer.PortAttributes{}) {
		out = append(out, portNote(d.OtherPorts))
	}
	return out
}

func portNote(a devcontainer.PortAttributes) spec.PortNote {
	return spec.PortNote{Label: a.Label, OnAutoForward: a.OnAutoForward, Protocol: a.Protocol, ThatPort: a.RequireLocalPort}
}

// planHooks puts what the image brings before what the project says.
func planHooks(l *config.Loaded) spec.Hooks {
	c, image := l.Config.Hooks, config.DevHooks{}
	if l.Dev != nil {
		image = l.Dev.Image
	}
	h := spec.Hooks{
		Initialize: hooks("initialize", c.Initialize),
		Create:     staged("create", image.Create, c.Create), Update: staged("update", image.Update, c.Update),
		PostCreate: staged("post_create", image.PostCreate, c.PostCreate),
		Start:      staged("start", image.Start, c.Start), Attach: staged("attach", image.Attach, c.Attach),
	}
	for i, text := range image.Entrypoints {
		h.Entry = append(h.Entry, entryHook("image"+strconv.Itoa(i+1), text))
	}
	return h
}

func staged(name string, image []config.Hook, own config.Hook) []spec.Hook {
	var out []spec.Hook
	for i, one := range image {
		for _, h := range hooks(name+".image"+strconv.Itoa(i+1), one) {
			h.Stage = stageImage + i
			out = append(out, h)
		}
	}
	return append(out, hooks(name, own)...)
}

// stages are the commands of a hook by their stage, in order.
func stages(list []spec.Hook) [][]spec.Hook {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b spec.Hook) int { return cmp.Compare(a.Stage, b.Stage) })
	var out [][]spec.Hook
	for i, h := range sorted {
		if i == 0 || sorted[i-1].Stage != h.Stage {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], h)
	}
	return out
}
