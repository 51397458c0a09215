package main

import (
	"fmt"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/rootless-sandbox/sandbox/config"
)

const (
	noControl   = `[^\x00-\x1f\x7f-\x9f]`
	reference   = `[a-zA-Z0-9][a-zA-Z0-9._/:@+\[\]-]{0,511}`
	packageName = `@?[a-zA-Z0-9][a-zA-Z0-9._+:=~*/@-]{0,199}`
	label       = `^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$`
)

// patterns say of the checks in config/checks.go what a pattern can say. A
// pattern may take more than the check, never less.
func patterns() map[string]string {
	return map[string]string{
		"name":          `^[a-z0-9][a-z0-9._-]{0,62}$`,
		"image":         `^(host|apt:` + packageName + `|(rootfs|oci|oci-archive|docker-archive):` + noControl + `+|(docker://)?` + reference + `)$`,
		"reference":     `^` + reference + `$`,
		"package":       `^` + packageName + `$`,
		"url":           `^(https?://|file:///)[^\s\x00-\x1f\x7f-\x9f]+$`,
		"user":          `^_?[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`,
		"shell":         `^/` + noControl + `*$`,
		"workspace":     `^(same|/` + noControl + `+)$`,
		"feature":       `^[^\s\x00-\x1f\x7f-\x9f]+$`,
		"path":          `^` + noControl + `+$`,
		"target":        `^(~|~/` + noControl + `*|/` + noControl + `+)$`,
		"cache":         `^(` + strings.Join(config.CacheNames(), "|") + `)$`,
		"label":         label,
		"variable":      `^[^=\s\x00-\x1f\x7f-\x9f]+$`,
		"directory":     `^` + noControl + `+$`,
		"text":          `^[^\x00]*$`,
		"size":          `^[1-9][0-9]*[kKmMgGtT]?$`,
		"host_variable": `^[a-zA-Z_][a-zA-Z0-9_]{0,199}$`,
		"capability":    `^([cC][aA][pP]_)?[a-zA-Z_]+$`,
		"drop":          `^([cC][aA][pP]_)?[a-zA-Z_]+$`,
		"memory":        `^[1-9][0-9]*[kKmMgGtT]?$`,
		"device":        `^/dev/` + noControl + `+$`,
		"port":          `^((\d{1,3}\.){3}\d{1,3}:|\[[0-9a-fA-F:.]+\]:)?(([1-9]\d{0,4}|auto):)?[1-9]\d{0,4}(/(tcp|udp))?$`,
		"duration":      `^([0-9.]+(ms|s|m|us|µs|ns|h))+$`,
		"regexp":        `^[^\x00]*$`,
		"inside_url":    `^http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/[^\s]*)?$`,
		"glob":          `^[^!/\x00-\x1f\x7f-\x9f]` + noControl + `{0,255}$`,
		"ignore":        `^` + noControl + `{1,256}$`,
		"debounce":      `^([0-9.]+(ms|s|m|us|µs|ns))+$|^0$`,
		"allow":         `^(tool:(apt|git|go|npm|pip)|((\*\.)?[a-zA-Z0-9_.-]+|[0-9a-fA-F:.]+(/\d+)?|\[[0-9a-fA-F:./]+\])(:[1-9]\d{0,4})?)$`,
		"below":         `^[^/\x00-\x1f\x7f-\x9f]` + noControl + `*$`,
		"pattern":       `^[^/\x00-\x1f\x7f-\x9f]` + noControl + `*$`,
		"ip":            `^[0-9a-fA-F:.]+$`,
	}
}

// variable takes any text that refers to something: what that is, nobody knows here.
const variable = `|\$\{`

func pattern(s *jsonschema.Schema, check string, raw bool) error {
	p, ok := patterns()[check]
	if !ok {
		return fmt.Errorf("check %q: no pattern", check)
	}
	s.Pattern = p
	if !raw {
		s.Pattern += variable
	}
	return nil
}

func text(least uint64) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Pattern: `^[^\x00]*$`}
	if least > 0 {
		s.MinLength = &least
	}
	return s
}

// env takes numbers and truth values as well: they count as they are written.
func env(s *jsonschema.Schema) {
	s.PropertyNames = &jsonschema.Schema{Pattern: `^[^=\s\x00-\x1f\x7f-\x9f]+$`}
	s.AdditionalProperties = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text(0), {Type: "number"}, {Type: "boolean"}}}
}

// hook is a text, a list, or keys with these as values.
func hook() *jsonschema.Schema {
	least := uint64(1)
	list := &jsonschema.Schema{Type: "array", PrefixItems: []*jsonschema.Schema{text(1)}, Items: text(0), MinItems: &least}
	side := &jsonschema.Schema{
		Type:                 "object",
		PropertyNames:        &jsonschema.Schema{Pattern: label},
		AdditionalProperties: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text(1), list}},
	}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text(0), list, side}}
}

// oneCommand is a text or a list, and does something.
func oneCommand() []*jsonschema.Schema {
	return []*jsonschema.Schema{text(1), hook().AnyOf[1]}
}

// mountRules say which keys a type of mount needs, and which it cannot have.
func mountRules() []*jsonschema.Schema {
	with := func(key string, s *jsonschema.Schema) *jsonschema.Schema {
		p := jsonschema.NewProperties()
		p.Set(key, s)
		return &jsonschema.Schema{Properties: p}
	}
	is := func(kind string) *jsonschema.Schema {
		s := with("type", &jsonschema.Schema{Const: kind})
		s.Required = []string{"type"}
		return s
	}
	other := with("size", jsonschema.FalseSchema)
	other.Required = []string{"source"}
	return []*jsonschema.Schema{
		{If: is("tmpfs"), Then: with("source", jsonschema.FalseSchema), Else: other},
		{If: is("volume"), Then: with("source", &jsonschema.Schema{Pattern: label + variable})},
	}
}

// secretRules: exactly one key says where a secret comes from.
func secretRules() []*jsonschema.Schema {
	var all []*jsonschema.Schema
	for _, key := range []string{"file", "env", "command"} {
		all = append(all, &jsonschema.Schema{Required: []string{key}})
	}
	return all
}

// several matches an object that has more than one of the keys.
func several(keys ...string) *jsonschema.Schema {
	var pairs []*jsonschema.Schema
	for i, a := range keys {
		for _, b := range keys[i+1:] {
			pairs = append(pairs, &jsonschema.Schema{Required: []string{a, b}})
		}
	}
	return &jsonschema.Schema{AnyOf: pairs}
}
