package sandbox

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// ops are the steps of the launch; they come after all other mounts.
func (g *gitParts) ops(s spec.Spec) []userns.Op {
	var ops []userns.Op
	if g.settings != "" {
		ops = append(ops, userns.Op{Kind: userns.OpBlock, Target: "/etc/gitconfig", Data: g.settings, Follow: true, Optional: true})
	}
	seen, _ := g.elsewhere(s) // looked at before
	if g.repo.Outside {
		ops = append(ops, userns.Op{Kind: userns.OpReal, Source: g.repo.Common, Target: seen, Follow: true, NoSuid: true})
	}
	for _, step := range g.steps {
		target := moved(step.Path, s.Top(), s.Workspace.Target)
		if g.repo.Outside && target == "" {
			target = moved(step.Path, g.repo.Common, seen)
		}
		if target != "" {
			ops = append(ops, userns.Op{Kind: step.How, Target: target, Follow: true})
		}
	}
	for _, m := range s.Mounts {
		ops = append(ops, g.again(m)...)
	}
	return ops
}

// again protects the same in a mount that shows it at another place. What is pinned
// is so everywhere.
func (g *gitParts) again(m spec.Mount) []userns.Op {
	if m.Type != "bind" || m.ReadOnly || len(g.steps) == 0 {
		return nil
	}
	source, err := filepath.EvalSymlinks(m.Source)
	if err != nil {
		return nil
	}
	var ops []userns.Op
	for _, step := range g.steps {
		if step.How != gitrepo.ReadOnly {
			continue
		}
		target := moved(step.Path, source, m.Target)
		if target == "" && moved(source, step.Path, "/") != "" {
			target = m.Target
		}
		if target != "" {
			ops = append(ops, userns.Op{Kind: userns.OpReadOnly, Target: target, Follow: true})
		}
	}
	return ops
}

// moved is the path below to that path has below from; "" for one that is not below from.
func moved(name, from, to string) string {
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(from, "/"))
	if !ok || rest != "" && rest[0] != '/' {
		return ""
	}
	return path.Join(to, rest)
}
