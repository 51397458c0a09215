package changes

import (
	"archive/tar"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// directory is one that is being written.
type directory struct {
	root  *os.Root
	path  string // "" or one that ends with a slash
	depth int
	// marked: among its empty files are whiteouts.
	marked bool
	// alone: nothing of the lower layers is seen in it or below.
	alone bool
}

// root writes the directory itself as "./", which gives the root its owner and mode.
func (e *exporter) root(root *os.Root) error {
	info, err := root.Stat(".")
	if err != nil {
		_ = root.Close()
		return err
	}
	return e.directory(directory{root: root, alone: e.o.Whole}, "./", info)
}

// directory writes d, whose entry is called name, and what is in it, and closes it.
func (e *exporter) directory(d directory, name string, info fs.FileInfo) error {
	defer func() { _ = d.root.Close() }() // nothing was written to it
	names, err := e.enter(&d, name, info)
	if err != nil {
		return err
	}
	for _, base := range names {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		if err := e.entry(d, base); err != nil {
			return err
		}
	}
	return nil
}

// enter writes the entry of d and says what is in it.
func (e *exporter) enter(d *directory, name string, info fs.FileInfo) ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, pathError(name, err)
	}
	defer func() { _ = f.Close() }()
	if now, err := f.Stat(); err != nil || !os.SameFile(now, info) {
		return nil, pathError(name, errChanged)
	}
	h, notes, err := e.header(name, info, int(f.Fd()))
	if err != nil {
		return nil, err
	}
	h.Typeflag = tar.TypeDir
	if err := e.write(h); err != nil {
		return nil, err
	}
	if err := e.look(d, name, notes); err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, pathError(name, err)
	}
	slices.Sort(names)
	return names, nil
}

// look sees what an overlay has noted about a directory.
func (e *exporter) look(d *directory, name string, n notes) error {
	if e.o.Whole {
		return nil
	}
	if n.redirect {
		return &ElsewhereError{name, ondisk.Redirect}
	}
	d.marked = n.opaque == ondisk.OpaqueMarked
	if n.opaque != ondisk.OpaqueYes || d.alone {
		return nil
	}
	d.alone = true
	return e.hide(d.path + ondisk.OpaqueName)
}

// entry writes what is called base in d.
func (e *exporter) entry(d directory, base string) error {
	path := d.path + base
	if e.o.Leave != nil && e.o.Leave(path) {
		return nil
	}
	if d.depth+1 > ondisk.MaxDepth || len(path)+len(ondisk.HidesPrefix) >= ondisk.MaxName {
		return pathError(path, syscall.ENAMETOOLONG) // extraction would refuse it
	}
	info, err := d.root.Lstat(base)
	if err != nil {
		return pathError(path, err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return pathError(path, syscall.ENOTSUP)
	case info.Mode()&fs.ModeCharDevice != 0 && st.Rdev == 0:
		return e.whiteout(d, base)
	case strings.HasPrefix(base, ondisk.HidesPrefix):
		e.stats.skip(path, "its name means something else in a layer")
		return nil
	case info.IsDir():
		return e.child(d, base, info)
	}
	return e.leaf(d, base, info, st)
}

func (e *exporter) child(d directory, base string, info fs.FileInfo) error {
	path := d.path + base
	root, err := d.root.OpenRoot(base + "/.") // with the dot, a FIFO in its place does not make us wait
	if err != nil {
		return pathError(path, err)
	}
	return e.directory(directory{root: root, path: path + "/", depth: d.depth + 1, alone: d.alone}, path+"/", info)
}

// whiteout writes one, unless there is nothing that it could hide.
func (e *exporter) whiteout(d directory, base string) error {
	switch {
	case e.o.Whole:
		e.stats.skip(d.path+base, "a whiteout")
	case !d.alone:
		return e.hide(d.path + ondisk.HidesPrefix + base)
	}
	return nil
}

// hide writes a mark, with nothing in it that differs from time to time.
func (e *exporter) hide(name string) error {
	return e.write(&tar.Header{Typeflag: tar.TypeReg, Name: name, ModTime: zeroTime()})
}
