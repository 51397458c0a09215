package config

import (
	"cmp"

	"github.com/goccy/go-yaml/token"
)

// mount checks what the keys of one mount mean together. A key that is wrong by
// itself has been reported already.
func (d *decoder) mount(m *Mount, at *token.Token, seen map[string]entry, key string) {
	if _, ok := seen["type"]; ok && m.Type == "" {
		return
	}
	m.Type = cmp.Or(m.Type, "bind")
	source, hasSource := seen["source"]
	if size, ok := seen["size"]; ok && m.Type != "tmpfs" {
		d.failKey(size.at, size.key, "only a tmpfs has a size")
	}
	switch {
	case m.Type == "tmpfs" && hasSource:
		d.failKey(source.at, source.key, "a tmpfs has no source")
	case m.Type != "tmpfs" && !hasSource:
		d.failKey(at, key+".source", "is missing: a %s needs one", m.Type)
	case m.Type == "volume" && m.Source != "":
		if message := d.aboutPut(checkLabel(m.Source), source.value, m.Source); message != "" {
			d.failKey(start(source.value), source.key, "%s", message)
		}
	}
}
