package feature

import (
	"strings"

	"github.com/tailscale/hujson"
)

// command reads a text, a list, or an object of these that run side by side.
func (d *document) command(v hujson.Value, key string) Command {
	if v.Value.Kind() != '{' {
		return d.single(v, key)
	}
	var c Command
	d.members(v, key, func(name string, _, value hujson.Value) {
		if one := d.single(value, key+"."+printable(name)); !one.IsZero() {
			c.Parallel = append(c.Parallel, Named{name, one})
		}
	})
	return c
}

func (d *document) single(v hujson.Value, key string) Command {
	switch v.Value.Kind() {
	case '"':
		return Command{Shell: d.text(v, key)}
	case '[':
		return Command{Exec: d.texts(v, key)}
	}
	d.fail(v, "%s: expected a text or a list", key)
	return Command{}
}

// mount reads an object, or the words of docker's --mount.
func (d *document) mount(v hujson.Value) Mount {
	m := Mount{Type: "bind"}
	if v.Value.Kind() == '"' {
		for _, word := range strings.Split(d.text(v, "mounts"), ",") {
			key, value, _ := strings.Cut(word, "=")
			m.set(strings.TrimSpace(key), value)
		}
	} else {
		d.members(v, "mounts", func(key string, _, value hujson.Value) {
			s, _ := d.scalar(value, "mounts."+printable(key))
			m.set(key, s)
		})
	}
	switch {
	case m.Target == "" || !strings.HasPrefix(m.Target, "/"):
		d.fail(v, "mounts: an absolute target is needed, found %s", printable(m.Target))
	case m.Type != "bind" && m.Type != "volume" && m.Type != "tmpfs":
		d.fail(v, "mounts: type %s is none of bind, volume and tmpfs", printable(m.Type))
	case m.Source == "" && m.Type != "tmpfs":
		d.fail(v, "mounts: the mount at %s has no source", printable(m.Target))
	}
	return m
}

func (m *Mount) set(key, value string) {
	switch key {
	case "type":
		m.Type = value
	case "source", "src":
		m.Source = value
	case "target", "dst", "destination":
		m.Target = value
	case "readonly", "ro":
		m.ReadOnly = value != "false" && value != "0"
	}
}
