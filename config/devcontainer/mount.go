package devcontainer

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// mount is an object, or a text as docker run --mount takes it.
func (d *decoder) mount(v hujson.Value, m *Mount, key string) {
	if l, ok := v.Value.(hujson.Literal); ok && l.Kind() == '"' {
		s, _ := d.text(v, key)
		parsed, message := ParseMount(s)
		if message != "" {
			d.failf(v, key, "%s", message)
			return
		}
		*m = parsed
		return
	}
	good := d.members(v, key, func(name string, at, value hujson.Value, path string) {
		d.mountPart(name, at, value, m, path)
	})
	if good && m.Target == "" {
		d.failf(v, key, "has no target")
	}
}

func (d *decoder) mountPart(name string, at, value hujson.Value, m *Mount, path string) {
	into := map[string]*string{"type": &m.Type, "source": &m.Source, "src": &m.Source, "target": &m.Target, "dst": &m.Target, "destination": &m.Target}[name]
	switch {
	case into != nil:
		if s, ok := d.text(value, path); ok && (name != "type" || d.allowed(value, s, `enum:"bind volume tmpfs"`, path)) {
			*into = s
		}
	case name == "readonly":
		l, ok := value.Value.(hujson.Literal)
		if !ok || l.Kind() != 't' && l.Kind() != 'f' {
			d.failf(value, path, "expected true or false, found %s", describe(value))
			return
		}
		m.ReadOnly = l.Bool()
	case name == "external": // whether a volume is somebody else's: there are no others here
	default:
		d.warnf(at, path, "no property of a mount: it does nothing")
	}
}

// ParseMount reads a mount as docker run --mount takes it: fields with commas between
// them, in quotes where they hold some. It answers what is wrong, or nothing.
func ParseMount(s string) (m Mount, message string) {
	fields, err := csv.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		return m, quote(s) + " is no mount: expected type=bind,source=DIR,target=DIR"
	}
	for _, field := range fields {
		name, value, has := strings.Cut(strings.TrimSpace(field), "=")
		switch name = strings.ToLower(name); name {
		case "type":
			m.Type = value
		case "source", "src":
			m.Source = value
		case "target", "dst", "destination":
			m.Target = value
		case "readonly", "ro":
			m.ReadOnly = !has || value == "true" || value == "1"
		case "tmpfs-size":
			m.Size = value
		case "consistency", "bind-propagation", "bind-nonrecursive", "bind-recursive", "volume-nocopy", "volume-label",
			"volume-driver", "volume-opt", "volume-subpath", "tmpfs-mode", "bind-create-src", "z":
			if name != "consistency" { // it was for macOS
				m.Ignored = append(m.Ignored, name)
			}
		default:
			return m, quote(name) + " is nothing that a mount has, in " + quote(s)
		}
	}
	switch {
	case m.Target == "":
		return m, quote(s) + " has no target"
	case m.Type != "" && !slices.Contains([]string{"bind", "volume", "tmpfs"}, m.Type):
		return m, "mounts of type " + quote(m.Type) + " are not known: bind, volume or tmpfs"
	}
	return m, ""
}
