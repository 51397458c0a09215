package sandbox

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// gitParts is what a start does about the project's git repository.
type gitParts struct {
	repo     gitrepo.Repo
	steps    []gitrepo.Step
	settings string         // of git inside, for all users
	watch    *gitrepo.Watch // by paths of the host
}

// lookAtGit looks at the repository. What cannot be protected is told.
func (p *prepared) lookAtGit(emit func(spec.Event)) {
	s := p.spec
	if s.Workspace.Target == "" {
		return
	}
	tell := func(detail string) { emit(spec.Event{Kind: "degraded", Name: "git", Detail: detail}) }
	_, home := whoami(os.Getuid())
	g := &p.git
	var why string
	if g.repo, why = gitrepo.Find(s.Top()); why != "" {
		tell(filepath.Join(s.Top(), ".git") + " is not used: " + why)
	}
	if g.repo.Outside {
		if _, err := g.elsewhere(s); err != nil {
			tell(g.repo.Common + " is not shown: " + err.Error())
			g.repo = gitrepo.Repo{}
		}
	}
	if g.repo.Dir != "" {
		g.protect(s, home, tell)
	}
	if s.Workspace.Mode == "rw" && s.GitHooks == spec.GitProtect && why == "" {
		if w, ok := gitrepo.NewWatch(g.repo, s.Top()); ok {
			w.UID, w.GID = os.Getuid(), os.Getgid()
			g.watch = &w
		}
	}
}

// protect decides the mounts. A project that is not written to needs none, unless
// its repository is elsewhere.
func (g *gitParts) protect(s spec.Spec, home string, tell func(string)) {
	user := gitrepo.ReadUser(os.Getenv, home, g.repo.Dir)
	g.settings = user.Settings()
	if s.GitHooks == spec.GitAllow || s.Workspace.Mode != "rw" && !g.repo.Outside {
		return
	}
	protection := g.repo.Protect(s.Top(), home, user.HooksPath, s.GitHooks == spec.GitReadOnly || s.Workspace.Mode != "rw")
	if err := protection.Make(); err != nil {
		tell(err.Error()) // whoever cannot write there outside cannot do so inside
	}
	for _, note := range protection.Notes {
		tell(note)
	}
	g.steps = protection.Steps
}

// elsewhere is where a repository outside of the project is inside; "" for none.
func (g *gitParts) elsewhere(s spec.Spec) (string, error) {
	if !g.repo.Outside {
		return "", nil
	}
	seen, ok := g.repo.Inside(s.Top(), s.Workspace.Target)
	if !ok {
		return "", errors.New("its settings name the project's path on the host: workspace.target would have to be same")
	}
	return seen, checkTarget(seen)
}

// gitHooks turns the word of a configuration into that of a specification.
func gitHooks(word string) string {
	if word == "protect" {
		return spec.GitProtect
	}
	return word
}

// inside is a watch for the agent.
func (g *gitParts) inside(s spec.Spec) *gitrepo.Watch {
	if g.watch == nil {
		return nil
	}
	w := *g.watch
	w.Fixed = len(g.steps) > 0
	w.UID, w.GID = s.User.UID, s.User.GID
	if w.Dir = moved(g.watch.Dir, s.Top(), s.Workspace.Target); w.Dir == "" {
		w.Dir, _ = g.elsewhere(s)
	}
	return &w
}

// check looks at the repository after a run.
func (g *gitParts) check(emit func(spec.Event)) {
	if g.watch != nil {
		tellGit(g.watch.Check(), emit)
	}
}

// tellGit says what a watch found.
func tellGit(found []string, emit func(spec.Event)) {
	for _, f := range found {
		text := ""
		switch f {
		case gitrepo.Redirected:
			text = "removed .git/commondir, made inside: git outside would have taken settings and hooks from where it leads"
		case gitrepo.Broken:
			text = "mended .git, broken inside: git outside would have looked for a repository elsewhere"
		case gitrepo.Appeared:
			text = "a repository was made inside: git outside follows its settings and hooks, look at .git/config and .git/hooks first"
		case gitrepo.Exposed:
			text = "git outside has rewritten .git/config, which can be written inside from then on; down and up protect it again"
		default:
			continue
		}
		emit(spec.Event{Kind: "note", Name: "git", Detail: text})
	}
}
