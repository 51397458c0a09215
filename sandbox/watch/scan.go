package watch

import (
	"errors"
	"hash/maphash"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// add watches a directory and those below it, and then looks at what is in them: what was made
// before the watch was set is found, what is made after it is told by the kernel. tell is for
// directories that are new: what is in them has changed.
func (t *tree) add(dir string, tell bool) error {
	root, err := os.OpenRoot(t.w.options.Root)
	if err != nil {
		return nil // gone: the look at the root will find it
	}
	defer func() { _ = root.Close() }()
	now := time.Now()
	for stack := []string{dir}; len(stack) > 0; {
		dir, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if !t.w.enters(dir) {
			continue
		}
		if err := t.addOne(dir); err != nil {
			return err
		}
		entries := list(root, dir)
		t.w.ignores.readIf(dir, entries)
		for _, e := range entries {
			p := path.Join(dir, e.Name())
			if e.IsDir() {
				stack = append(stack, p)
				continue
			}
			if fresh := t.files.add(p); tell {
				t.w.changed(p, fresh, now)
			}
		}
	}
	return nil
}

// addOne sets the watch of one directory. One that is gone meanwhile has none.
func (t *tree) addOne(dir string) error {
	err := t.fs.Add(t.abs(dir))
	switch {
	case err == nil:
		t.have[dir] = true
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return nil
	case errors.Is(err, fs.ErrPermission):
		t.w.notice(Unreadable, dir)
		return nil
	}
	return limited(err, len(t.have))
}

// list reads a directory in no order. A link that took its place leads nowhere (os.Root).
func list(root *os.Root, dir string) []fs.DirEntry {
	if dir == "" {
		dir = "."
	}
	f, err := root.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	entries, _ := f.ReadDir(-1) // what was read so far counts
	return entries
}

// readIf reads the lists of a directory where it has some.
func (g *ignores) readIf(dir string, entries []fs.DirEntry) {
	for _, e := range entries {
		for _, name := range lists() {
			if e.Name() == name {
				g.read(dir)
				return
			}
		}
	}
}

// parent is the directory of a path, "" for that of the tree.
func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

// names remembers which files there are, by a number each: a name that is new is told from
// one that was written over, and a file that came and went is no change.
type names struct {
	seed maphash.Seed
	have map[uint64]struct{}
}

func newNames() names { return names{maphash.MakeSeed(), map[uint64]struct{}{}} }

// add answers whether the name is new.
func (n names) add(p string) bool {
	key := maphash.String(n.seed, p)
	_, old := n.have[key]
	n.have[key] = struct{}{}
	return !old
}

func (n names) remove(p string) { delete(n.have, maphash.String(n.seed, p)) }
