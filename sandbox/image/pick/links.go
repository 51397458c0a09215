package pick

import (
	"io/fs"
	"path"
	"strings"
	"syscall"
)

const maxLinks = 40

// real is a path of the tree with all symbolic links followed.
func (s *selector) real(p string) (string, error) {
	at, todo, links := ".", strings.Split(p, "/"), 0
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			if at == "." {
				if s.tree.Root {
					continue // as in the root directory of a system
				}
				return "", &EscapeError{p}
			}
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, name)
		info, err := s.root.Lstat(next)
		if err != nil {
			return "", err
		}
		if info.Mode().Type() != fs.ModeSymlink {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		target, err := s.root.Readlink(next)
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(target, "/") {
			if !s.tree.Root {
				return "", &EscapeError{p}
			}
			at = "."
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return at, nil
}
