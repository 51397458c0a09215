package gitrepo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Ways of a Step.
const (
	Pin      = "pin"      // may be written to; can be neither renamed nor removed
	ReadOnly = "readonly" // with all that is below
	Top      = "top"      // read-only but for what was pinned in it
)

// Step is one path of the host that is not to be changed from inside.
type Step struct{ How, Path string }

// Protection is what keeps code inside from having git outside run something.
type Protection struct {
	Steps []Step // in order
	// Notes say what cannot be protected, and why.
	Notes []string
	// missing are what has to be there to be protected: true for a directory.
	missing map[string]bool

	project string
}

// Protect decides it for the repository r of a project. hooksPath is what the
// user's own settings say of core.hooksPath, home is where ~ leads. With all of it
// read-only nothing of the repository can be written inside.
func (r Repo) Protect(project, home, hooksPath string, all bool) Protection {
	p := Protection{project: project, missing: map[string]bool{}}
	if r.Dir == "" {
		return p
	}
	settings := r.settings(&p)
	switch {
	case all:
		p.fixed(r.Common)
	case r.Linked():
		p.linked(r, extended(settings))
	default:
		p.own(r.Common, extended(settings), "")
	}
	if !all {
		p.modules(filepath.Join(r.Common, "modules"))
	}
	if r.Dir != filepath.Join(project, ".git") {
		p.fixed(filepath.Join(project, ".git"))
	}
	p.runs(r, project, home, append([]variable{{"core", "", "hookspath", hooksPath}}, settings...))
	return p
}

// settings reads what the repository itself says.
func (r Repo) settings(p *Protection) []variable {
	text, err := readText(filepath.Join(r.Common, "config"), false)
	if err != nil && !os.IsNotExist(err) {
		p.note(filepath.Join(r.Common, "config"), "cannot be read")
	}
	return parseConfig(text)
}

// extended reports whether git reads config.worktree.
func extended(settings []variable) bool {
	return slices.ContainsFunc(settings, func(v variable) bool {
		return v.section == "extensions" && v.name == "worktreeconfig"
	})
}

// own protects a git directory. What is there of worktrees decides what git runs in
// those: it is read-only but for that of worktree, if any.
func (p *Protection) own(dir string, extended bool, worktree string) {
	p.pin(dir)
	p.wanted(filepath.Join(dir, "hooks"), true)
	p.wanted(filepath.Join(dir, "config"), false)
	if extended {
		p.wanted(filepath.Join(dir, "config.worktree"), false)
	}
	if worktrees := filepath.Join(dir, "worktrees"); worktree == "" {
		p.fixed(worktrees)
	} else {
		p.step(Pin, worktrees)
		p.step(Pin, worktree)
		p.step(Top, worktrees)
	}
	if kindOf(filepath.Join(dir, "commondir")) != nothing {
		p.note(filepath.Join(dir, "commondir"), "makes git take settings and hooks from elsewhere")
	}
}

// linked protects the repository of a worktree. Of what is kept for its worktrees
// only this one's part can be written to.
func (p *Protection) linked(r Repo, extended bool) {
	p.own(r.Common, extended, r.Dir)
	if extended {
		p.wanted(filepath.Join(r.Dir, "config.worktree"), false)
	}
	p.step(ReadOnly, filepath.Join(r.Dir, "commondir"))
	p.step(ReadOnly, filepath.Join(r.Dir, "gitdir"))
	p.modules(filepath.Join(r.Dir, "modules"))
}

// wanted makes read-only what must not appear later either.
func (p *Protection) wanted(path string, dir bool) {
	if kindOf(path) == nothing {
		p.missing[path] = dir
		p.step(ReadOnly, path)
		return
	}
	p.fixed(path)
}

// fixed makes read-only what is there.
func (p *Protection) fixed(path string) {
	switch kindOf(path) {
	case nothing:
	case link:
		p.note(path, "is a symbolic link, which cannot be protected")
	default:
		p.pinAbove(path)
		p.step(ReadOnly, path)
	}
}

// pin keeps a directory, and those between it and the project, in their places.
func (p *Protection) pin(dir string) {
	p.pinAbove(dir)
	p.step(Pin, dir)
}

func (p *Protection) pinAbove(path string) {
	if within(path, p.project) {
		p.pinBelow(p.project, path)
	}
}

// pinBelow pins the directories between top and path.
func (p *Protection) pinBelow(top, path string) {
	rest, ok := strings.CutPrefix(filepath.Dir(path), top)
	if !ok {
		return
	}
	dir := top
	for _, name := range strings.Split(strings.Trim(rest, "/"), "/") {
		if name != "" {
			dir = filepath.Join(dir, name)
			p.step(Pin, dir)
		}
	}
}

func (p *Protection) step(how, path string) {
	if s := (Step{how, path}); !slices.Contains(p.Steps, s) {
		p.Steps = append(p.Steps, s)
	}
}

func (p *Protection) note(path, why string) { p.Notes = append(p.Notes, path+" "+why) }
