// Package pick answers: which files of a tree do the sources of a COPY mean?
//
// The tree may be anybody's: a path, a pattern or a symbolic link in it never
// leads out of it.
package pick

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/changes"
)

// Tree is a directory that files are taken from.
type Tree struct {
	Dir string
	// Ignore are the lines of a .dockerignore; what they match is not there.
	Ignore []string
	// Root: it is a whole root file system, in which an absolute link starts at the
	// top. Elsewhere such a link leads out.
	Root bool
}

// Request says what is meant.
type Request struct {
	Paths   []string `json:"paths"` // or patterns
	Exclude []string `json:"exclude,omitempty"`
	Parents bool     `json:"parents,omitempty"` // keep the directories of the path
}

// NotFoundError: there is nothing of that name, or it is ignored.
type NotFoundError struct {
	Path    string
	Ignored bool
}

func (e *NotFoundError) Error() string {
	if e.Ignored {
		return fmt.Sprintf("%q: left out by .dockerignore", e.Path)
	}
	return fmt.Sprintf("%q: not found", e.Path)
}

// EscapeError: a path leads out of the tree.
type EscapeError struct{ Path string }

func (e *EscapeError) Error() string { return fmt.Sprintf("%q leads out of the directory", e.Path) }

// Selection is what a request came to.
type Selection struct {
	Parts []changes.Part
	// Paths are those in the tree that Parts begin at, and Dirs the directories
	// that patterns were looked for in.
	Dirs []string
}

// Select finds the files.
func (t Tree) Select(r Request) (Selection, error) {
	root, err := os.OpenRoot(t.Dir)
	if err != nil {
		return Selection{}, err
	}
	defer func() { _ = root.Close() }()
	ignored, err := newFilter(root, t.Ignore)
	if err != nil {
		return Selection{}, fmt.Errorf(".dockerignore: %w", err)
	}
	excluded, err := newFilter(root, r.Exclude)
	if err != nil {
		return Selection{}, fmt.Errorf("--exclude: %w", err)
	}
	s := &selector{tree: t, root: root, request: r, ignored: ignored, excluded: excluded}
	for _, p := range r.Paths {
		if err := s.add(p); err != nil {
			return Selection{}, err
		}
	}
	return s.Selection, nil
}

// Write writes what a request selects as a tar archive, as a Place takes it: a
// file that may get another name has no "./" in front.
func (t Tree) Write(ctx context.Context, w io.Writer, r Request, o changes.Options) error {
	s, err := t.Select(r)
	if err != nil {
		return err
	}
	_, err = changes.WriteParts(ctx, w, t.Dir, s.Parts, o)
	return err
}

type selector struct {
	Selection
	tree     Tree
	root     *os.Root
	request  Request
	ignored  *filter
	excluded *filter
}

// add takes one source.
func (s *selector) add(written string) error {
	source, keep := written, ""
	if s.request.Parents {
		source, keep = pivot(written)
	}
	clean := path.Clean("/" + source)[1:]
	if clean == "" {
		clean = "."
	}
	if !isPattern(clean) {
		return s.one(written, clean, keep, "")
	}
	found, err := s.glob(clean)
	if err != nil {
		return fmt.Errorf("%q: %w", written, err)
	}
	several := ""
	if len(found) > 1 {
		several = "./"
	}
	for _, p := range found {
		if s.ignored.leaves(p) {
			continue
		}
		if err := s.one(p, p, keep, several); err != nil {
			return err
		}
	}
	return nil
}

// one takes one path.
func (s *selector) one(written, p, keep, as string) error {
	real, err := s.real(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &NotFoundError{Path: written}
	case err != nil:
		return err
	case real != "." && s.ignored.leaves(real):
		return &NotFoundError{written, true}
	}
	info, err := s.root.Lstat(real)
	if err != nil {
		return err
	}
	if s.request.Parents {
		as = parentsOf(p, keep, info.IsDir())
	}
	name := "" // what a link leads to is called as the link is
	if !info.IsDir() && path.Base(real) != path.Base(p) {
		name = path.Base(p)
	}
	s.Parts = append(s.Parts, changes.Part{Path: real, As: as, Name: name, Leave: func(name string) bool {
		return s.ignored.leaves(name) || s.excluded.leaves(name)
	}})
	return nil
}

// pivot: with --parents, what stands in front of /./ is not kept.
func pivot(written string) (source, keep string) {
	before, after, ok := strings.Cut(written, "/./")
	if !ok {
		return written, ""
	}
	return path.Join(before, after), strings.Trim(path.Clean("/"+before), "/")
}

// parentsOf is the directory that a source goes to with --parents.
func parentsOf(p, without string, dir bool) string {
	if !dir {
		p = path.Dir(p)
	}
	p = strings.TrimPrefix(strings.TrimPrefix(p, without), "/")
	if p == "" || p == "." {
		return "./"
	}
	return "./" + p + "/"
}
