package untar

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// tree finds the directory of each entry. It holds open the directories on the
// way to the last one, because an archive names its entries in the order of a
// walk: most are found without asking the kernel again.
//
// The chain holds directories, never symbolic links, and whoever changes an
// entry has cut the chain to the entry's parent: what it says stays true.
type tree struct {
	root  *directory
	chain []level
	on    events
}

// events are what the tree asks of the one that fills it.
type events interface {
	madeParent(path string) error // a missing parent was made
	isWhiteout(p place, info fs.FileInfo) bool
	hideBelow(d *directory, path string) error // the directory took the place of a whiteout
}

type level struct {
	name string
	dir  *directory
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
func (t *tree) parent(parts []string, how lookup) (*directory, string, error) {
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
	case info.IsDir():
		return "", t.push(depth, name)
	case !t.on.isWhiteout(place{dir: dir, base: name}, info):
		return "", errNotDir
	case how != create:
		return "", fs.ErrNotExist
	}
	return "", t.replaceStep(depth, name)
}

// replaceStep makes a missing parent where a whiteout says that the lower
// layers' one is gone.
func (t *tree) replaceStep(depth int, name string) error {
	if err := t.at(depth).Remove(name); err != nil {
		return err
	}
	if err := t.makeStep(depth, name); err != nil {
		return err
	}
	return t.on.hideBelow(t.at(depth+1), t.path(depth+1))
}

func (t *tree) makeStep(depth int, name string) error {
	if err := t.at(depth).Mkdir(name, 0o700); err != nil {
		return err
	}
	if err := t.push(depth, name); err != nil {
		return err
	}
	return t.on.madeParent(t.path(depth + 1))
}

func (t *tree) push(depth int, name string) error {
	if depth >= ondisk.MaxDepth {
		return syscall.ENAMETOOLONG
	}
	dir, err := t.at(depth).OpenRoot(name)
	if err != nil {
		return err
	}
	t.truncate(depth)
	t.chain = append(t.chain, level{name, &directory{Root: dir}})
	return nil
}

// at is the directory depth levels below the root.
func (t *tree) at(depth int) *directory {
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
		t.chain[last].dir.close()
		t.chain = t.chain[:last]
	}
}

func (t *tree) close() {
	t.truncate(0)
	t.root.close()
}
