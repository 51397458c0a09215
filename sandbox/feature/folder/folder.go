// Package folder answers: what does the folder of a feature hold, without one link
// in it leading anywhere else?
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
)

// Bounds of one folder, and of an archive of it.
const (
	MaxBytes   = 512 << 20
	MaxEntries = 20_000
)

// Open opens a folder by its path below the directory top. Symbolic links on the way
// are followed as long as they stay below it.
func Open(top, path string) (*os.Root, error) {
	if !filepath.IsLocal(path) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("it is outside of the project")}
	}
	above, err := os.OpenRoot(top)
	if err != nil {
		return nil, err
	}
	defer func() { _ = above.Close() }()
	return above.OpenRoot(path)
}

// Describe reads the description in a folder.
func Describe(root *os.Root) (feature.Metadata, error) {
	f, err := root.OpenFile(feature.File, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO would wait
	if err != nil {
		return feature.Metadata{}, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return feature.Metadata{}, err
	}
	if !st.Mode().IsRegular() {
		return feature.Metadata{}, &fs.PathError{Op: "read", Path: feature.File, Err: errors.New("not a file")}
	}
	data, err := io.ReadAll(io.LimitReader(f, feature.MaxFile+1))
	if err != nil {
		return feature.Metadata{}, err
	}
	return feature.Parse(data)
}

// Digest is that of all that lies in a folder: names, contents, links, and what
// may be executed. Owners and times are nothing of it.
func Digest(root *os.Root) (string, error) { return walk(root, "") }

// Copy copies a folder into the existing directory to, and answers the digest of the copy.
func Copy(root *os.Root, to string) (string, error) { return walk(root, to) }

type walker struct {
	root    *os.Root
	to      string // "" for none
	sum     hash.Hash
	bytes   int64
	entries int
}

func walk(root *os.Root, to string) (string, error) {
	w := &walker{root: root, to: to, sum: sha256.New()}
	if err := fs.WalkDir(root.FS(), ".", w.visit); err != nil { // in the order of the names
		return "", err
	}
	return "sha256:" + hex.EncodeToString(w.sum.Sum(nil)), nil
}

func (w *walker) visit(path string, d fs.DirEntry, err error) error {
	if err != nil || path == "." {
		return err
	}
	if w.entries++; w.entries > MaxEntries {
		return fmt.Errorf("more than %d files", MaxEntries)
	}
	switch d.Type() {
	case fs.ModeDir:
		w.note("dir", path)
		if w.to != "" {
			return os.Mkdir(filepath.Join(w.to, path), 0o755)
		}
		return nil
	case fs.ModeSymlink:
		return w.link(path)
	case 0:
		return w.file(path)
	}
	return &fs.PathError{Op: "read", Path: path, Err: errors.New("neither a file nor a directory")}
}

// note adds texts to the digest, each with its length, so that no two lists look the same.
func (w *walker) note(texts ...string) {
	for _, s := range texts {
		_, _ = fmt.Fprintf(w.sum, "%d:%s", len(s), s) // a hash does not fail
	}
}

func (w *walker) link(path string) error {
	target, err := w.root.Readlink(path)
	if err != nil {
		return err
	}
	w.note("link", path, target)
	if w.to == "" {
		return nil
	}
	return os.Symlink(target, filepath.Join(w.to, path))
}

func (w *walker) file(path string) (err error) {
	f, err := w.root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() { // it was one a moment ago
		return &fs.PathError{Op: "read", Path: path, Err: errors.New("not a file")}
	}
	kind, mode := "file", fs.FileMode(0o644)
	if st.Mode()&0o100 != 0 {
		kind, mode = "program", 0o755
	}
	out := io.Discard
	if w.to != "" {
		c, err := os.OpenFile(filepath.Join(w.to, path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.Close()) }()
		out = c
	}
	content := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, content), io.LimitReader(f, MaxBytes-w.bytes+1))
	if err != nil {
		return err
	}
	if w.bytes += n; w.bytes > MaxBytes {
		return fmt.Errorf("more than %d bytes", int64(MaxBytes))
	}
	w.note(kind, path, string(content.Sum(nil)))
	return nil
}
