package pick

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxFound bounds what one pattern may match.
const maxFound = 100_000

var errTooMany = errors.New("matches too many files")

func isPattern(p string) bool { return strings.ContainsAny(p, `*?[\`) }

// glob finds what matches, in order. A part of ** is any number of directories.
func (s *selector) glob(pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	if err := s.match(".", strings.Split(pattern, "/"), found); err != nil {
		return nil, err
	}
	out := make([]string, 0, len(found))
	for p := range found {
		out = append(out, p)
	}
	slices.Sort(out)
	return out, nil
}

// match goes on from the directory at with the rest of the pattern.
func (s *selector) match(at string, rest []string, found map[string]bool) error {
	if len(rest) == 0 {
		if found[at] = true; len(found) > maxFound {
			return errTooMany
		}
		return nil
	}
	if rest[0] == "**" {
		if len(rest) > 1 {
			if err := s.match(at, rest[1:], found); err != nil {
				return err
			}
		}
	} else if !isPattern(rest[0]) {
		next := path.Join(at, rest[0])
		if _, err := s.real(next); err != nil {
			return missing(err)
		}
		return s.match(next, rest[1:], found)
	}
	list, err := s.list(at)
	if err != nil {
		return missing(err)
	}
	for _, entry := range list {
		next := path.Join(at, entry.Name())
		switch ok, err := path.Match(rest[0], entry.Name()); {
		case err != nil:
			return err
		case rest[0] == "**":
			if len(rest) == 1 && !entry.IsDir() {
				found[next] = true
			}
			if entry.IsDir() {
				err = s.match(next, rest, found)
			}
			if err != nil {
				return err
			}
		case ok:
			if err := s.match(next, rest[1:], found); err != nil {
				return err
			}
		}
	}
	return nil
}

// list reads a directory, behind whatever links.
func (s *selector) list(at string) ([]fs.DirEntry, error) {
	real, err := s.real(at)
	if err != nil {
		return nil, err
	}
	s.Dirs = append(s.Dirs, real)
	f, err := s.root.Open(real + "/.")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	list, err := f.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

// missing: a pattern does not match what is not there, or is no directory.
func missing(err error) error {
	var out *EscapeError
	if errors.As(err, &out) {
		return err
	}
	return nil
}
