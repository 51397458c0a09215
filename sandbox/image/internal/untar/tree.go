package untar

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// tree finds the directory of each entry. It holds open the directories on the
// way to the last one, because an archive names its entries in the order of a
// walk: most are found without asking the kernel again.
//
// The chain holds directories, never symbolic links, and whoever changes an
// entry has cut the chain to the entry's parent: what it says stays true.
type tree struct {
	root  *os.Root
	chain []level
	made  func(path string) error // a missing parent was made
}

type level struct {
	name string
	dir  *os.Root
}

// lookup says how a parent is found.
type lookup int

const (
	// create follows symbolic links and makes what is missing.
	create lookup = iota
	// follow follows symbolic links.
	follow
	// plain finds directories only.
	plain
)

// maxLinks is the kernel's own limit on symbolic links in one path.
const maxLinks = 40

var (
	errEscapes = errors.New("a symbolic link on the way leaves the root")
	errNotDir  = errors.New("a parent is not a directory")
)

// parent opens the directory parts and returns it with its path free of
// symbolic links. The tree owns it; it is valid until the next call.
func (t *tree) parent(parts []string, how lookup) (*os.Root, string, error) {
	depth, links := 0, 0
	for todo := parts; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == ".." { // of a link's target
			if depth == 0 {
				return nil, "", errEscapes
			}
			depth--
			continue
		}
		if depth < len(t.chain) && t.chain[depth].name == name {
			depth++
			continue
		}
		target, err := t.step(depth, name, how)
		if err != nil {
			return nil, "", err
		}
		if target == "" {
			depth++
			continue
		}
		if links++; links > maxLinks {
			return nil, "", syscall.ELOOP
		}
		if strings.HasPrefix(target, "/") {
			depth = 0 // the root of the tree
		}
		todo = append(split(target), todo...)
	}
	t.truncate(depth)
	return t.at(depth), t.path(depth), nil
}

// step goes from the directory at depth to its child name, which joins the
// chain, or returns the target if it is a symbolic link.
func (t *tree) step(depth int, name string, how lookup) (target string, err error) {
	dir := t.at(depth)
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && how == create:
		return "", t.makeStep(depth, name)
	case err != nil:
		return "", err
	case info.Mode().Type() == fs.ModeSymlink && how != plain:
		return dir.Readlink(name) // never empty
	case !info.IsDir():
		return "", errNotDir
	}
	return "", t.push(depth, name)
}

func (t *tree) makeStep(depth int, name string) error {
	if err := t.at(depth).Mkdir(name, 0o700); err != nil {
		return err
	}
	if err := t.push(depth, name); err != nil {
		return err
	}
	return t.made(t.path(depth + 1))
}

func (t *tree) push(depth int, name string) error {
	if depth >= maxDepth {
		return syscall.ENAMETOOLONG
	}
	dir, err := t.at(depth).OpenRoot(name)
	if err != nil {
		return err
	}
	t.truncate(depth)
	t.chain = append(t.chain, level{name, dir})
	return nil
}

// at is the directory depth levels below the root.
func (t *tree) at(depth int) *os.Root {
	if depth == 0 {
		return t.root
	}
	return t.chain[depth-1].dir
}

func (t *tree) path(depth int) string {
	names := make([]string, depth)
	for i := range names {
		names[i] = t.chain[i].name
	}
	return strings.Join(names, "/")
}

func (t *tree) truncate(depth int) {
	for len(t.chain) > depth {
		last := len(t.chain) - 1
		_ = t.chain[last].dir.Close() // a directory: there is nothing to lose
		t.chain = t.chain[:last]
	}
}
