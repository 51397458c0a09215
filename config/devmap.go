package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config/compose"
	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// devMapper turns one devcontainer.json into keys of this format.
type devMapper struct {
	l     *Loaded
	dev   *Dev
	f     *devcontainer.File
	file  string
	lines []string
	lists map[string]bool // that this file has begun: they take the place of weaker layers'
	image bool            // what is mapped is an image's metadata

	composed *compose.Project // nil without files of compose

	problems Problems
}

// problem takes over what the parser found.
func (m *devMapper) problem(p devcontainer.Problem) {
	out := Problem{File: m.file, Line: p.Line, Column: p.Column, Key: p.Key, Message: p.Message, Nearest: p.Nearest}
	if p.Line > 0 && p.Line <= len(m.lines) {
		out.Source = shown(conceal(m.lines[p.Line-1]))
	}
	if m.image {
		out.Message, out.Line, out.Column = "the image's metadata: "+out.Message, 0, 0
	}
	if p.Warning || m.image {
		out.Nearest = ""
		m.dev.Warnings = append(m.dev.Warnings, out)
		return
	}
	m.problems = append(m.problems, out)
}

// at is the position of a property, or of what it is in.
func (m *devMapper) at(prop string) devcontainer.Position {
	for key := prop; key != ""; {
		if p, ok := m.f.At[key]; ok {
			return p
		}
		cut := max(strings.LastIndexByte(key, '.'), strings.LastIndexByte(key, '['))
		key = key[:max(0, cut)]
	}
	return devcontainer.Position{Line: 1, Column: 1}
}

func (m *devMapper) origin(prop string) Origin {
	if m.image {
		return Origin{Layer: layerImage}
	}
	p := m.at(prop)
	return Origin{Layer: layerProject, File: m.file, Line: p.Line, Column: p.Column}
}

func (m *devMapper) say(warning bool, prop, format string, args ...any) {
	p := m.at(prop)
	m.problem(devcontainer.Problem{Line: p.Line, Column: p.Column, Key: prop, Message: prop + ": " + fmt.Sprintf(format, args...), Warning: warning})
}

func (m *devMapper) fail(prop, format string, args ...any) { m.say(false, prop, format, args...) }
func (m *devMapper) warn(prop, format string, args ...any) { m.say(true, prop, format, args...) }

// set gives a key, under the rules of the files, the value of a property.
func (m *devMapper) set(key, prop, value string) {
	if o, ok := m.l.Origins[key]; ok && m.image && o.Layer != layerDefault && o.Layer != layerImage && key != "user" {
		return // of a file, which is stronger
	}
	if strings.Contains(value, kept) { // what it comes to may be wrong, and is looked at where it counts
		if v := m.field(key); v.Kind() == reflect.String {
			v.SetString(value)
		}
	} else if message := m.l.setKey(key, value); message != "" {
		m.fail(prop, "%s", message)
		return
	}
	m.l.Origins[key] = m.origin(prop)
}

func (m *devMapper) field(key string) reflect.Value {
	v := reflect.ValueOf(&m.l.Config).Elem()
	for part := range strings.SplitSeq(key, ".") {
		i, _, ok := fieldOf(v.Type(), part)
		if !ok {
			return reflect.Value{}
		}
		v = v.Field(i)
	}
	return v
}

// add appends to a list of texts, under the rule of the files.
func (m *devMapper) add(list *[]string, key, check, prop, value string) {
	if message := (field{check: check}).refuses(value); message != "" && !strings.Contains(value, kept) {
		m.fail(prop, "%s", message)
		return
	}
	m.begin(key, func() { *list = nil })
	if slices.Contains(*list, value) {
		return
	}
	m.l.Origins[indexed(key, len(*list))] = m.origin(prop)
	*list = append(slices.Clone(*list), value)
}

// begin clears a list of weaker layers before the first entry of this file.
func (m *devMapper) begin(key string, clear func()) {
	if !m.lists[key] {
		m.lists[key] = true
		clear()
		forget(m.l.Origins, key)
		delete(m.l.Origins, key)
	}
	if _, ok := m.l.Origins[key]; !ok {
		m.l.Origins[key] = m.origin("")
	}
}

// run maps all properties.
func (m *devMapper) run() {
	c, f := &m.l.Config, m.f
	c.Devcontainer = m.l.relative(m.file)
	m.l.Origins["devcontainer"] = m.origin("")
	m.dev.Name = f.Name
	m.base()
	m.workspace()
	m.users()
	m.environment()
	for i, x := range f.Mounts {
		m.mount(indexed("mounts", i), x)
	}
	m.security()
	m.runArgs()
	m.ports()
	m.hooks()
	m.rest()
}

func (l *Loaded) relative(path string) string {
	if rel, err := filepath.Rel(l.Project.Dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// users: the one that commands run as is the caller outside, whichever it is.
func (m *devMapper) users() {
	for _, x := range [][2]string{{"remoteUser", m.f.RemoteUser}, {"containerUser", m.f.ContainerUser}} {
		if x[1] != "" {
			m.dev.containerUser = x[0] == "containerUser"
			m.user(x[0], x[1])
			return
		}
	}
}

// imageUser stands for the image's own user, of whom nobody wrote anything.
const imageUser = "USER"

func (m *devMapper) user(prop, value string) {
	name, group, has := strings.Cut(value, ":")
	if has && prop != imageUser {
		m.warn(prop, "the group %s is not used: it is the one that the image gives to the user", quoted(group))
	}
	if name == "0" {
		name = "root"
	}
	if name == "keep" { // a word of ours
		m.fail(prop, "%s is no user that an image may have", quoted(name))
		return
	}
	m.set("user", prop, name)
}

func (m *devMapper) environment() {
	for _, name := range slices.Sorted(maps.Keys(m.f.ContainerEnv)) {
		m.variable("containerEnv."+name, name, m.f.ContainerEnv[name])
	}
	for _, name := range slices.Sorted(maps.Keys(m.f.RemoteEnv)) {
		value := m.f.RemoteEnv[name]
		text := ""
		if value != nil {
			text = *value
		}
		if message := checkEnv(name, strings.ReplaceAll(text, kept, "")); message != "" {
			m.fail("remoteEnv."+name, "%s", message)
		}
	}
	m.dev.RemoteEnv = m.f.RemoteEnv
	m.dev.Probe = m.f.UserEnvProbe
}

func (m *devMapper) variable(prop, name, value string) {
	if message := checkEnv(name, strings.ReplaceAll(value, kept, "")); message != "" {
		m.fail(prop, "%s", message)
		return
	}
	env := maps.Clone(m.l.Config.Env)
	if env == nil {
		env = map[string]string{}
	}
	env[name] = value
	m.l.Config.Env = env
	m.l.Origins[join("env", name)] = m.origin(prop)
}

// security: what an engine of root would give to a container.
func (m *devMapper) security() {
	f := m.f
	if f.Privileged {
		m.privileged("privileged")
	}
	for i, name := range f.CapAdd {
		m.capability(indexed("capAdd", i), name)
	}
	for i, option := range f.SecurityOpt {
		m.securityOption(indexed("securityOpt", i), option)
	}
}

// privileged is as near as somebody without root comes to it.
func (m *devMapper) privileged(prop string) {
	m.set("security.nested", prop, "true")
	m.warn(prop, "as far as a user without root can: user namespaces and mounts inside, but no devices and no other rights of this host")
}

func (m *devMapper) capability(prop, name string) {
	if strings.EqualFold(name, "all") {
		m.privileged(prop)
		return
	}
	m.add(&m.l.Config.Security.Capabilities.Add, "security.capabilities.add", "capability", prop, name)
}

func (m *devMapper) securityOption(prop, option string) {
	name, value, _ := strings.Cut(strings.Replace(option, ":", "=", 1), "=")
	switch {
	case name == "seccomp" && value == "unconfined":
		m.set("security.seccomp", prop, "unconfined")
	case name == "no-new-privileges" && value != "false":
		m.set("security.no_new_privileges", prop, "true")
	case name == "no-new-privileges", name == "apparmor" && value == "unconfined", name == "label", name == "systempaths", name == "unmask":
		// nothing of the kind holds a sandbox back beyond what it must
	default:
		m.warn(prop, "%s has no meaning here: the usual confinement stays", quoted(option))
	}
}

// hooks are the keys of the same meaning.
func (m *devMapper) hooks() {
	h := &m.l.Config.Hooks
	for _, x := range []struct {
		to   *Hook
		key  string
		prop string
		one  devcontainer.Command
	}{
		{&h.Initialize, "initialize", "initializeCommand", m.f.InitializeCommand},
		{&h.Create, "create", "onCreateCommand", m.f.OnCreateCommand},
		{&h.Update, "update", "updateContentCommand", m.f.UpdateContentCommand},
		{&h.PostCreate, "post_create", "postCreateCommand", m.f.PostCreateCommand},
		{&h.Start, "start", "postStartCommand", m.f.PostStartCommand},
		{&h.Attach, "attach", "postAttachCommand", m.f.PostAttachCommand},
	} {
		if !x.one.IsZero() {
			*x.to = hookOf(x.one)
			m.l.Origins["hooks."+x.key] = m.origin(x.prop)
		}
	}
	m.dev.WaitFor = m.f.WaitFor
}

func hookOf(c devcontainer.Command) Hook {
	h := Hook{Shell: c.Shell, Exec: c.Exec}
	for name, one := range c.Parallel {
		if h.Parallel == nil {
			h.Parallel = map[string]Hook{}
		}
		h.Parallel[name] = hookOf(one)
	}
	return h
}

// hookWords is a hook in a request: all of it.
func hookWords(h Hook) string { return flow(h.value()) }
