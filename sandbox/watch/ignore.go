package watch

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
)

// ignores is what the files of patterns in the tree and above it say. Paths are
// relative to the top of the work tree, of which the watched tree may be a part.
type ignores struct {
	top    string // directory of the host
	prefix string // of the watched tree below top, "" for all of it
	dirs   map[string][]gitrepo.IgnoreList
	always []gitrepo.IgnoreList // the repository's own list and the user's
}

// newIgnores reads the lists that lie above the tree; those in it are read as it is walked.
func newIgnores(root, excludes string) *ignores {
	g := &ignores{top: root, dirs: map[string][]gitrepo.IgnoreList{}}
	top, repo := gitrepo.WorkTree(root)
	if repo.Dir == "" {
		return g
	}
	if rel, err := filepath.Rel(top, root); err == nil && rel != "." {
		g.prefix = rel
	}
	g.top = top
	if excludes != "" {
		g.always = append(g.always, gitrepo.ReadIgnore(excludes, true))
	}
	g.always = append(g.always, gitrepo.ReadIgnore(filepath.Join(repo.Common, "info/exclude"), false))
	for dir := g.prefix; dir != ""; {
		if dir = path.Dir(dir); dir == "." {
			dir = ""
		}
		g.readAt(dir)
	}
	return g
}

// read reads the lists of a directory of the tree.
func (g *ignores) read(dir string) { g.readAt(g.full(dir)) }

func (g *ignores) readAt(full string) {
	var found []gitrepo.IgnoreList
	for _, name := range lists() {
		if l := gitrepo.ReadIgnore(filepath.Join(g.top, full, name), false); !l.Empty() {
			found = append(found, l)
		}
	}
	if found == nil {
		delete(g.dirs, full)
		return
	}
	g.dirs[full] = found
}

// full is a path of the tree as the lists see it.
func (g *ignores) full(p string) string {
	switch {
	case g.prefix == "":
		return p
	case p == "":
		return g.prefix
	}
	return g.prefix + "/" + p
}

// says answers for one path of the tree by itself, not for the directories that it is in:
// the list nearest to it that has a line for it counts.
func (g *ignores) says(p string, dir bool) bool {
	full := g.full(p)
	for at := full; at != ""; {
		if i := strings.LastIndexByte(at, '/'); i < 0 {
			at = ""
		} else {
			at = at[:i]
		}
		rel := strings.TrimPrefix(full[len(at):], "/")
		if ignored, said := ask(g.dirs[at], rel, dir); said {
			return ignored
		}
	}
	ignored, _ := ask(g.always, full, dir)
	return ignored
}

// ask asks the last list first.
func ask(all []gitrepo.IgnoreList, p string, dir bool) (ignored, said bool) {
	for i := len(all) - 1; i >= 0 && !said; i-- {
		ignored, said = all[i].Match(p, dir)
	}
	return ignored, said
}
