package watch

import (
	"path"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
)

// filter decides for one rule which files of the tree are its own. Paths are relative
// to the tree, with slashes, and never empty.
type filter struct {
	paths []glob
	own   gitrepo.IgnoreList // the rule's own list
	open  []string           // directories that lines of it with ! lead into
	files *ignores
}

func newFilter(r Rule, files *ignores) (*filter, error) {
	f := &filter{own: gitrepo.ParseIgnore(strings.Join(r.Ignore, "\n")), files: files}
	for _, p := range r.Paths {
		if why := config.CheckGlob(p); why != "" {
			return nil, &PatternError{why}
		}
		f.paths = append(f.paths, newGlob(p))
	}
	for _, line := range r.Ignore {
		if line, ok := strings.CutPrefix(line, "!"); ok {
			f.open = append(f.open, literal(line))
		}
	}
	return f, nil
}

// literal is what a line says before its first wildcard.
func literal(line string) string {
	line = strings.Trim(line, "/")
	if i := strings.IndexAny(line, `*?[\`); i >= 0 {
		line = line[:i]
		line = line[:max(0, strings.LastIndexByte(line, '/'))]
	}
	return line
}

// maxDepth bounds how deep in the tree directories are watched. What was made to be
// deeper was made to be slow.
const maxDepth = 64

// wants reports whether a change of this file is the rule's.
func (f *filter) wants(file string) bool {
	if passing(path.Base(file)) || strings.Count(file, "/") > maxDepth {
		return false
	}
	if len(f.paths) > 0 && !slices.ContainsFunc(f.paths, func(g glob) bool { return g.match(file) }) {
		return false
	}
	return !f.ignored(file, false)
}

// enters reports whether a directory has to be watched.
func (f *filter) enters(dir string) bool {
	if strings.Count(dir, "/") >= maxDepth {
		return false
	}
	if len(f.paths) > 0 && !slices.ContainsFunc(f.paths, func(g glob) bool { return g.mayHold(dir) }) {
		return false
	}
	if !f.ignored(dir, true) {
		return true
	}
	return f.leadsOn(dir)
}

// leadsOn reports whether a line with ! names something in a directory, so that it is
// watched although it is ignored itself.
func (f *filter) leadsOn(dir string) bool {
	return slices.ContainsFunc(f.open, func(to string) bool { return to == dir || strings.HasPrefix(to, dir+"/") })
}

// ignored looks at a path from the top down. What is in an ignored directory is
// ignored, unless the rule's own list takes it back.
func (f *filter) ignored(p string, dir bool) bool {
	out := false
	for end := 0; end < len(p); end++ {
		next := strings.IndexByte(p[end:], '/')
		last := next < 0
		if last {
			end = len(p)
		} else {
			end += next
		}
		out = f.step(p[:end], !last || dir, out)
	}
	return out
}

// step decides for one path, given what was decided for the directory that it is in.
func (f *filter) step(p string, dir, out bool) bool {
	if ignored, said := f.own.Match(p, dir); said {
		return ignored || out && !f.leadsOn(parent(p))
	}
	return out || dir && heavy(path.Base(p)) || f.files.says(p, dir)
}
