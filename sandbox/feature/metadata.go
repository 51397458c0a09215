package feature

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// Parse reads a feature's description. Properties that are not known are left out:
// other tools have their own. Its error is a *ParseError.
func Parse(data []byte) (Metadata, error) {
	var m Metadata
	d, o, err := parse(File, data)
	if err != nil {
		return m, err
	}
	for _, member := range o.Members {
		name := d.text(member.Name, "")
		if v := member.Value; d.err == nil && !isNull(v) {
			d.property(&m, name, v)
		}
	}
	if d.err != nil {
		return m, d.err
	}
	for _, missing := range []struct{ name, value string }{{"id", m.ID}, {"version", m.Version}} {
		if missing.value == "" {
			return m, &ParseError{File: File, Why: missing.name + " is missing"}
		}
	}
	return m, nil
}

func (d *document) property(m *Metadata, name string, v hujson.Value) {
	switch name {
	case "id":
		if m.ID = d.text(v, name); !isID(m.ID) {
			d.fail(v, "id: %s is no id: letters, digits, dots, - and _", printable(m.ID))
		}
	case "version":
		m.Version = d.text(v, name)
	case "name":
		m.Name = d.text(v, name)
	case "documentationURL":
		m.DocumentationURL = d.text(v, name)
	case "options":
		d.members(v, name, func(option string, at, value hujson.Value) { d.option(m, option, at, value) })
	case "dependsOn":
		m.DependsOn = d.asked(v, name)
	case "installsAfter":
		m.InstallsAfter = d.texts(v, name)
	case "legacyIds":
		m.LegacyIDs = d.texts(v, name)
	case "deprecated":
		m.Deprecated = d.truth(v, name)
	default:
		d.runtime(m, name, v)
	}
}

// runtime are the properties that say something of the container.
func (d *document) runtime(m *Metadata, name string, v hujson.Value) {
	switch name {
	case "containerEnv":
		d.members(v, name, func(variable string, at, value hujson.Value) {
			if !isVariable(variable) {
				d.fail(at, "containerEnv: %s is no name of a variable", printable(variable))
			}
			m.ContainerEnv = append(m.ContainerEnv, variable+"="+d.text(value, name))
		})
	case "privileged":
		m.Privileged = d.truth(v, name)
	case "init":
		m.Init = d.truth(v, name)
	case "capAdd":
		m.CapAdd = d.texts(v, name)
	case "securityOpt":
		m.SecurityOpt = d.texts(v, name)
	case "entrypoint":
		m.Entrypoint = d.text(v, name)
	case "mounts":
		for _, e := range d.elements(v, name) {
			m.Mounts = append(m.Mounts, d.mount(e))
		}
	case "customizations":
		m.Customizations = standard(v)
	case "onCreateCommand":
		m.Hooks.OnCreate = d.command(v, name)
	case "updateContentCommand":
		m.Hooks.UpdateContent = d.command(v, name)
	case "postCreateCommand":
		m.Hooks.PostCreate = d.command(v, name)
	case "postStartCommand":
		m.Hooks.PostStart = d.command(v, name)
	case "postAttachCommand":
		m.Hooks.PostAttach = d.command(v, name)
	}
}

// standard is a value without comments and trailing commas.
func standard(v hujson.Value) []byte {
	v = v.Clone()
	v.Minimize()
	return v.Pack()
}

func (d *document) option(m *Metadata, name string, at, v hujson.Value) {
	o := Option{Name: name}
	if name == "" || len(name) > 200 {
		d.fail(at, "options: a name of 1 to 200 bytes is needed")
	}
	given, truth := "", false
	d.members(v, "options."+printable(name), func(key string, _, value hujson.Value) {
		where := "options." + printable(name) + "." + key
		switch key {
		case "type":
			kind := d.text(value, where)
			if o.Boolean = kind == "boolean"; !o.Boolean && kind != "string" {
				d.fail(value, "%s: expected string or boolean", where)
			}
		case "default":
			given, truth = d.scalar(value, where)
		case "enum":
			o.Enum = d.texts(value, where)
		case "proposals":
			o.Proposals = d.texts(value, where)
		}
	})
	if o.Default = given; o.Boolean && !truth {
		if given != "true" && given != "" { // "false" as a text is common enough
			given = "false"
		}
		o.Default = orElse(given, "false")
	}
	m.Options = append(slices.DeleteFunc(m.Options, func(old Option) bool { return old.Name == name }), o)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// asked are features with their options: {"ID": {options} | "version" | true}.
func (d *document) asked(v hujson.Value, key string) []Asked {
	var out []Asked
	d.members(v, key, func(id string, _, value hujson.Value) {
		out = append(out, Asked{ID: id, Options: d.given(value, key+"."+printable(id))})
	})
	return out
}

// given are the options of one feature.
func (d *document) given(v hujson.Value, key string) map[string]string {
	switch v.Value.Kind() {
	case '{':
		out := map[string]string{}
		d.members(v, key, func(option string, _, value hujson.Value) {
			out[option], _ = d.scalar(value, key+"."+printable(option))
		})
		return out
	case 't', 'f':
		return map[string]string{}
	}
	s, _ := d.scalar(v, key)
	return map[string]string{"version": s}
}

func isID(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r)
	}) && s[0] != '.'
}

// isVariable takes what a shell takes as a name (POSIX, 3.216).
func isVariable(s string) bool {
	return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,199}$`).MatchString(s)
}
