package apt

import (
	"io/fs"
	"os"
	"path"
	"strings"
)

// view is what a tree is about to be: what was sent to be written, which may
// not be there yet, over what was there before.
type view struct {
	nodes map[string]node // by path, free of symbolic links but for its last part
	root  *os.Root        // nil: the tree was empty
}

type node struct {
	kind   fs.FileMode // its type bits
	target string      // of a symbolic link
	owner  *unit       // who brought it; nil: nobody, or before
}

// maxLinks is how many symbolic links one path may lead through, as in Linux.
const maxLinks = 40

func (v *view) lookup(p string) (node, bool) {
	if p == "" {
		return node{kind: fs.ModeDir}, true
	}
	if n, ok := v.nodes[p]; ok {
		return n, true
	}
	if v.root == nil {
		return node{}, false
	}
	info, err := v.root.Lstat(p)
	if err != nil {
		return node{}, false
	}
	n := node{kind: info.Mode().Type()}
	if n.kind == fs.ModeSymlink {
		n.target, _ = v.root.Readlink(p) // gone meanwhile: leads nowhere
	}
	v.nodes[p] = n
	return n, true
}

// resolve gives the path of the same file without symbolic links on the way,
// and with last, without one at its end. A path that leads through too many is
// returned as far as it was resolved; writing to it will fail.
func (v *view) resolve(p string, last bool) string {
	var done string
	left := strings.Split(p, "/")
	for links := 0; len(left) > 0; {
		part := left[0]
		left = left[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = strings.TrimPrefix(path.Dir("/"+done), "/")
			continue
		}
		next := path.Join(done, part)
		n, ok := v.lookup(next)
		if !ok || n.kind != fs.ModeSymlink || (len(left) == 0 && !last) || links == maxLinks {
			done = next
			continue
		}
		links++
		if strings.HasPrefix(n.target, "/") {
			done = ""
		}
		left = append(strings.Split(n.target, "/"), left...)
	}
	return done
}

// isDir says whether p is a directory, be it through a symbolic link.
func (v *view) isDir(p string) bool {
	n, ok := v.lookup(v.resolve(p, true))
	return ok && n.kind == fs.ModeDir
}
