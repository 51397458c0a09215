// Package carried answers: which other programs does this one carry, and which
// file are they executed from?
//
// What `make build` makes is the core: all that works on a sandbox, and starts
// fast. It carries the agent, which is the first process of every sandbox, the
// monitor, which stays beside one, and the whole program, which also fetches, reads
// and writes images. They are put into the data directory when they are first needed. A program of `go build`
// carries nothing: it is whole, and its own first process.
package carried

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
)

//go:embed all:files
var files embed.FS

// program is one that is carried.
type program struct {
	name   string // below files; NAME.sum holds its digest and its size
	prefix string // of the file that it becomes in the data directory
	read   func() ([]byte, error)
}

// errNone: this program carries nothing.
var errNone = errors.New("not carried")

// put makes the file and answers where it is.
func (p program) put() (string, error) {
	sum, err := fs.ReadFile(files, "files/"+p.name+".sum")
	if err != nil {
		return "", errNone
	}
	digest, size, _ := strings.Cut(strings.TrimSpace(string(sum)), " ")
	path := filepath.Join(place.Data(os.Getenv), p.prefix+digest[:min(len(digest), 16)])
	if !filepath.IsAbs(path) {
		return "", errNone
	}
	if have, err := os.Lstat(path); err == nil && have.Mode().IsRegular() && strconv.FormatInt(have.Size(), 10) == size {
		return path, nil
	}
	content, err := p.read()
	if err == nil {
		err = p.write(path, content)
	}
	return path, err
}

// pieces is how much of a file is written at a time. The kernel keeps what is written in one go
// together (large folios, Linux 6.16 for ext4), and a process that touches a part of that is charged
// with all of it: a megabyte of an idle sandbox.
const pieces = 4096

// write makes the file, whole or not at all. Another process may do the same.
func (p program) write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+p.prefix)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(content, pieces) {
		if _, err = f.Write(part); err != nil {
			break
		}
	}
	err = errors.Join(err, f.Chmod(0o700), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	p.removeOlder(path)
	return nil
}

// removeOlder deletes those of other versions; a process that runs one keeps it open.
func (p program) removeOlder(path string) {
	older, _ := filepath.Glob(filepath.Join(filepath.Dir(path), p.prefix+"*"))
	for _, other := range older {
		if other != path {
			_ = os.Remove(other) // of a version in use elsewhere, which puts it back
		}
	}
}
