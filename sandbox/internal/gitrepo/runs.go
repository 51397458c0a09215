package gitrepo

import (
	"path/filepath"
	"strings"
)

// maxIncludes bounds files that include each other.
const maxIncludes = 32

// runs protects what the settings take from the project: the directory of hooks
// that they name, and further files of settings.
func (p *Protection) runs(r Repo, project, home string, settings []variable) {
	left := maxIncludes
	p.include(r.Common, project, home, settings, &left)
}

// include goes through settings that stand in a file of dir. Conditions of
// includeIf are taken to hold: code inside decides on the branch, for one.
func (p *Protection) include(dir, project, home string, settings []variable, left *int) {
	for _, v := range settings {
		switch {
		case v.value == "":
		case v.section == "core" && v.name == "hookspath":
			p.ofProject(expand(v.value, project, home), true)
		case (v.section == "include" || v.section == "includeif") && v.name == "path":
			if *left--; *left < 0 {
				p.note(dir, "includes more files than are looked at")
				return
			}
			path := expand(v.value, dir, home)
			p.ofProject(path, false)
			if text, err := readText(path, true); err == nil {
				p.include(filepath.Dir(path), project, home, parseConfig(text), left)
			}
		}
	}
}

// ofProject protects a path that the settings name, if it can be written inside. A
// directory of hooks that is not there yet is made; a file would show in the
// repository, and is only told.
func (p *Protection) ofProject(path string, dir bool) {
	if !within(path, p.project) || path == p.project {
		return
	}
	if real, err := filepath.EvalSymlinks(nearest(path)); err != nil || real != nearest(path) {
		p.note(path, "is reached through a symbolic link, which cannot be protected")
		return
	}
	switch {
	case kindOf(path) != nothing:
		p.fixed(path)
	case dir:
		p.missing[path] = true
		p.pinAbove(path)
		p.step(ReadOnly, path)
	default:
		p.note(path, "is named by git's settings and not there: who makes it decides what git runs")
	}
}

// nearest is path, or the nearest directory above it that is there.
func nearest(path string) string {
	for kindOf(path) == nothing && path != "/" {
		path = filepath.Dir(path)
	}
	return path
}

// expand resolves a path of a setting; what git itself would expand further stays outside.
func expand(path, base, home string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		path = home + path[1:]
	}
	return absolute(path, base)
}
