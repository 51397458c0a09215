package changes

import (
	"archive/tar"
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// Part is one file or directory of a tree, and what it is called in an archive.
type Part struct {
	// Path in the tree, "." for all of it. No symbolic link is on the way.
	Path string
	// As is the directory of the archive that the file is put into, or that the
	// contents of the directory are put into; "" or one that ends in a slash.
	As string
	// Name is what a file that is no directory is called; "": as in the tree.
	Name string
	// Leave is Options.Leave for this part, by the path in the tree.
	Leave func(path string) bool
}

// WriteParts is Write for parts of the plain tree in dir, in their order.
func WriteParts(ctx context.Context, w io.Writer, dir string, parts []Part, o Options) (Stats, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Stats{}, fmt.Errorf("read files: %w", err)
	}
	defer func() { _ = root.Close() }()
	o.Whole = true
	buffered := bufio.NewWriterSize(w, copyBlock)
	e := &exporter{ctx: ctx, o: o, tw: tar.NewWriter(buffered), links: map[inode]link{}, buf: make([]byte, copyBlock)}
	for _, p := range parts {
		if err := e.part(root, p, o); err != nil {
			return e.stats, fmt.Errorf("read files of %s: %w", dir, err)
		}
	}
	if err = e.tw.Close(); err == nil {
		err = buffered.Flush()
	}
	return e.stats, err
}

// part writes one; o is what was asked for all of them.
func (e *exporter) part(root *os.Root, p Part, o Options) error {
	up, base := path.Split(path.Clean(p.Path))
	info, err := root.Lstat(p.Path)
	if err != nil {
		return pathError(p.Path, err)
	}
	as, inTree := p.As, strings.TrimPrefix(path.Clean(p.Path), ".")
	if !info.IsDir() {
		inTree = strings.TrimSuffix(up, "/")
	}
	e.o = o
	if p.Leave != nil {
		e.o.Leave = func(name string) bool { return p.Leave(path.Join(inTree, strings.TrimPrefix(name, as))) }
	}
	if o.Seen != nil {
		e.o.Seen = func(name string, info fs.FileInfo) {
			o.Seen(path.Join(inTree, strings.TrimPrefix(strings.TrimPrefix(name, as), "./")), info)
		}
	}
	clear(e.links) // what two parts share is two files where they go
	if info.IsDir() {
		dir, err := root.OpenRoot(path.Clean(p.Path) + "/.")
		if err != nil {
			return pathError(p.Path, err)
		}
		name := as
		if name == "" {
			name = "./"
		}
		return e.directory(directory{root: dir, path: as, alone: true}, name, info)
	}
	if p.Name != "" {
		e.o.Header = func(h *tar.Header) {
			if o.Header != nil {
				o.Header(h)
			}
			h.Name = as + p.Name
		}
	}
	dir, err := root.OpenRoot(path.Join(".", up) + "/.")
	if err != nil {
		return pathError(p.Path, err)
	}
	defer func() { _ = dir.Close() }()
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return pathError(p.Path, syscall.ENOTSUP)
	}
	return e.leaf(directory{root: dir, path: as, alone: true}, base, info, st)
}
