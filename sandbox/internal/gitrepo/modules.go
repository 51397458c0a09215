package gitrepo

import (
	"os"
	"path/filepath"
)

// maxModules bounds the submodules that are protected one by one; where there are
// more, all become read-only.
const maxModules = 16

// modules protects the git directories of submodules, which git looks into from above.
func (p *Protection) modules(top string) {
	switch kindOf(top) {
	case nothing:
		return
	case directory:
	default:
		p.note(top, "is no directory")
		return
	}
	dirs, complete := findModules(top)
	if !complete {
		p.step(ReadOnly, top)
		p.Notes = append(p.Notes, top+" is read-only inside: there are too many submodules")
		return
	}
	for _, dir := range dirs {
		p.pinBelow(top, dir)
		p.own(dir, false, "")
	}
}

// findModules lists git directories at any depth: the name of a submodule may hold
// slashes, and one may have submodules of its own.
func findModules(top string) (dirs []string, complete bool) {
	looked := 0
	var look func(dir string) bool
	look = func(dir string) bool {
		entries, err := os.ReadDir(dir)
		if looked += len(entries); err != nil || looked > 1000 {
			return false
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			switch {
			case !e.IsDir():
				continue
			case kindOf(filepath.Join(path, "HEAD")) == file:
				if dirs = append(dirs, path); len(dirs) > maxModules {
					return false
				}
				path = filepath.Join(path, "modules")
				if kindOf(path) == nothing {
					continue
				}
			}
			if !look(path) {
				return false
			}
		}
		return true
	}
	return dirs, look(top)
}
