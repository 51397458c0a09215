package sandbox

import (
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/cache"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// secretsDir is where secrets are inside.
const secretsDir = "/run/secrets"

// planData decides what of caches, secrets and dotfiles there will be.
func planData(s *spec.Spec, c config.Config, h Host, project string) error {
	for _, name := range sortedUnique(c.Caches) {
		t, ok := cache.Find(name)
		if !ok {
			return &UnknownCacheError{name}
		}
		s.Caches = append(s.Caches, spec.Cache{Name: name, Project: c.CacheScope == "project" || t.Alone})
	}
	for _, x := range c.Secrets {
		p := spec.Secret{Name: x.Name, Env: x.Env, Command: x.Command}
		if x.File != "" {
			p.File = config.Expand(x.File, h.Home, project)
		}
		s.Secrets = append(s.Secrets, p)
	}
	if d := c.Dotfiles; d.Path != "" && !s.Ephemeral {
		s.Dotfiles = &spec.Dotfiles{Path: config.Expand(d.Path, h.Home, h.Home), Install: d.Install}
	}
	if len(s.Secrets) == 0 {
		return nil
	}
	for _, m := range s.Mounts {
		if m.Target == secretsDir || strings.HasPrefix(m.Target, secretsDir+"/") {
			return &TargetError{m.Target}
		}
	}
	return nil
}
