package devcontainer

import (
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
)

// special reads what may be written in several ways; false: it is none of that.
func (d *decoder) special(v hujson.Value, into any, key string) bool {
	switch into := into.(type) {
	case *Command:
		d.command(v, into, key)
	case *Strings:
		*into = d.strings(v, key)
	case *Ports:
		*into = d.ports(v, key)
	case *Env:
		d.env(v, into, key)
	case *Options:
		d.options(v, into, key)
	case *Mount:
		d.mount(v, into, key)
	case *GPU:
		return d.gpu(v, into, key)
	case *Raw:
		c := v.Clone()
		c.Minimize()
		*into = c.Pack()
	default:
		return false
	}
	return true
}

// command is a text for a shell, a list for exec, or an object of these.
func (d *decoder) command(v hujson.Value, c *Command, key string) {
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		d.simple(v, c, key)
		return
	}
	if len(o.Members) == 0 {
		return
	}
	c.Parallel = map[string]Command{}
	d.members(v, key, func(name string, at, value hujson.Value, path string) {
		var one Command
		d.simple(value, &one, path)
		if name == "" {
			d.failf(at, key, "a command has no name")
		}
		if !one.IsZero() {
			c.Parallel[name] = one
		}
	})
}

func (d *decoder) simple(v hujson.Value, c *Command, key string) {
	switch x := v.Value.(type) {
	case *hujson.Array:
		for i, e := range x.Elements {
			s, _ := d.text(e, key+"["+strconv.Itoa(i)+"]")
			c.Exec = append(c.Exec, s)
		}
		if len(c.Exec) > 0 && c.Exec[0] == "" {
			d.failf(v, key, "names no program")
		}
	case hujson.Literal:
		if x.Kind() == '"' {
			c.Shell, _ = d.text(v, key)
			return
		}
		d.failf(v, key, "expected a text, a list of texts or an object, found %s", describe(v))
	default:
		d.failf(v, key, "expected a text or a list of texts, found %s", describe(v))
	}
}

func (d *decoder) strings(v hujson.Value, key string) []string {
	a, ok := v.Value.(*hujson.Array)
	if !ok {
		s, _ := d.text(v, key)
		return []string{s}
	}
	var out []string
	for i, e := range a.Elements {
		s, _ := d.text(e, key+"["+strconv.Itoa(i)+"]")
		out = append(out, s)
	}
	return out
}

// ports are numbers and texts.
func (d *decoder) ports(v hujson.Value, key string) []string {
	elements := []hujson.Value{v}
	a, list := v.Value.(*hujson.Array)
	if list {
		elements = a.Elements
	}
	var out []string
	for i, e := range elements {
		path := key
		if list {
			path += "[" + strconv.Itoa(i) + "]"
			d.file.At[path] = d.position(e.StartOffset)
		}
		n, number := whole(e)
		switch l, ok := e.Value.(hujson.Literal); {
		case number && n >= 1 && n <= 65535:
			out = append(out, strconv.Itoa(n))
		case number:
			d.failf(e, path, "%d is no port: 1 to 65535", n)
		case ok && l.Kind() == '"':
			s, _ := d.text(e, path)
			out = append(out, s)
		default:
			d.failf(e, path, "expected a port, a number or a text, found %s", describe(e))
		}
	}
	return out
}

func (d *decoder) env(v hujson.Value, into *Env, key string) {
	*into = Env{}
	d.members(v, key, func(name string, _, value hujson.Value, path string) {
		if isNull(value) {
			(*into)[name] = nil
			return
		}
		if s, ok := d.text(value, path); ok {
			(*into)[name] = &s
		}
	})
}

// options of a feature: an object of texts and truths, or one of these alone.
func (d *decoder) options(v hujson.Value, into *Options, key string) {
	*into = Options{}
	switch x := v.Value.(type) {
	case hujson.Literal:
		if s, ok := plain(x); ok {
			(*into)["version"] = s
			return
		}
	case *hujson.Object:
		d.members(v, key, func(name string, _, value hujson.Value, path string) {
			l, ok := value.Value.(hujson.Literal)
			s, known := plain(l)
			if !ok || !known {
				d.failf(value, path, "expected text, true or false, found %s", describe(value))
				return
			}
			(*into)[name] = s
		})
		return
	}
	d.failf(v, key, "expected an object of options, or the version as text, found %s", describe(v))
}

// plain is a text, a truth or a number as text.
func plain(l hujson.Literal) (string, bool) {
	switch l.Kind() {
	case '"':
		return l.String(), true
	case 't', 'f', '0':
		return string(l), true
	}
	return "", false
}

// gpu is a truth, the word optional, or an object, which is left to the caller.
func (d *decoder) gpu(v hujson.Value, into *GPU, key string) bool {
	l, ok := v.Value.(hujson.Literal)
	if !ok {
		if _, object := v.Value.(*hujson.Object); object {
			into.Wanted = true
			d.members(v, key, func(name string, at, value hujson.Value, path string) {
				d.gpuPart(name, at, value, into, path)
			})
			return true
		}
	}
	switch {
	case ok && (l.Kind() == 't' || l.Kind() == 'f'):
		into.Wanted = l.Bool()
	case ok && l.Kind() == '"' && strings.EqualFold(l.String(), "optional"):
		into.Wanted, into.Optional = true, true
	default:
		d.failf(v, key, `expected true, false, "optional" or an object, found %s`, describe(v))
	}
	return true
}

func (d *decoder) gpuPart(name string, at, value hujson.Value, into *GPU, path string) {
	switch name {
	case "cores":
		n, ok := whole(value)
		if !ok {
			d.failf(value, path, "expected a whole number, found %s", describe(value))
		}
		into.Cores = n
	case "memory":
		if s, ok := d.text(value, path); ok && d.allowed(value, s, `check:"size"`, path) {
			into.Memory = s
		}
	default:
		d.warnf(at, path, "no property of the format: it does nothing")
	}
}
