package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// parts are what the templates of languages are made of.
type parts struct {
	Version  int               `yaml:"version"`
	Image    string            `yaml:"image"`
	Packages []string          `yaml:"packages,flow,omitempty"`
	Caches   []string          `yaml:"caches,flow,omitempty"`
	Env      map[string]string `yaml:"env,omitempty"`
	Network  map[string]string `yaml:"network,flow,omitempty"`
	Hooks    hooks             `yaml:"hooks,omitempty"`
}

type hooks struct {
	Create any `yaml:"create,omitempty"`
}

// Compose makes one file of the templates of several languages. What they
// install is installed together; their hooks run side by side.
func Compose(names []string) (string, error) {
	if len(names) == 1 {
		text, ok := Text(names[0])
		if !ok {
			return "", fmt.Errorf("template %s: there is none of that name", names[0])
		}
		return text, nil
	}
	all := parts{Version: 1, Env: map[string]string{}}
	create := map[string]string{}
	for _, name := range names {
		text, ok := Text(name)
		if !ok {
			return "", fmt.Errorf("template %s: there is none of that name", name)
		}
		var p parts
		if err := yaml.UnmarshalWithOptions([]byte(text), &p, yaml.Strict()); err != nil {
			return "", fmt.Errorf("template %s cannot be part of another: %w", name, err)
		}
		all.add(p)
		if command, ok := p.Hooks.Create.(string); ok {
			create[name] = command
		}
	}
	if len(create) > 0 {
		all.Hooks.Create = create
	}
	body, err := yaml.MarshalWithOptions(all, yaml.UseLiteralStyleIfMultiline(true), yaml.IndentSequence(true))
	if err != nil {
		return "", err
	}
	return "# " + strings.Join(names, ", ") + ": what each of them needs, from Debian's packages.\n" + string(body), nil
}

func (p *parts) add(more parts) {
	p.Image = more.Image
	p.Network = more.Network
	p.Packages = union(p.Packages, more.Packages)
	p.Caches = union(p.Caches, more.Caches)
	for name, value := range more.Env {
		p.Env[name] = value
	}
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
