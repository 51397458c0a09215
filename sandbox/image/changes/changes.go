// Package changes answers: how does a directory become the layer of an image?
//
// It is the way back of the extraction of layers: a directory as an overlay
// writes it, or a plain tree, becomes a tar archive that says the same.
package changes

import (
	"archive/tar"
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Options modify Write.
type Options struct {
	// Whole: the directory is a plain tree, the whole of a root file system. Else
	// it is in the form that the kernel's overlay writes to its upper directory
	// when mounted with userxattr.
	Whole bool
	// Single: owners that could not be applied are noted in an attribute, as
	// extraction does where only one id exists, and the note counts.
	Single bool
	// Epoch, if not zero: no file is newer.
	Epoch time.Time
	// Leave, if not nil, says what is left out with all that is in it, by its
	// path without a leading slash.
	Leave func(path string) bool
	// Header, if not nil, changes each header before it is written.
	Header func(*tar.Header)
	// Seen, if not nil, is told what is read, by its path in the tree.
	Seen func(path string, info fs.FileInfo)
}

// maxSkipped is how many skipped things are named; the rest is only counted.
const maxSkipped = 100

// Stats is what Write did.
type Stats struct {
	Entries int64 // in the archive
	Bytes   int64 // of file contents
	// Skipped names what no archive or no layer can hold, such as sockets, as
	// "name: what". At most 100 are kept; SkippedTotal counts all.
	Skipped      []string
	SkippedTotal int64
}

func (s *Stats) skip(path, what string) {
	if s.SkippedTotal++; s.SkippedTotal <= maxSkipped {
		s.Skipped = append(s.Skipped, path+": "+what)
	}
}

// Write writes the directory dir to w as a tar archive, not compressed. It runs
// as root of the user namespace whose ids the archive is to have. The same tree
// gives the same bytes: entries are sorted, a directory before what is in it,
// and nothing is written of the machine or the time.
//
// Memory does not grow with the tree, but for the names of one directory and of
// files with several links. Nothing outside of dir is read, even when dir is
// changed meanwhile; such a change is an error if it is noticed.
func Write(ctx context.Context, w io.Writer, dir string, o Options) (Stats, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Stats{}, fmt.Errorf("write layer: %w", err)
	}
	buffered := bufio.NewWriterSize(w, copyBlock)
	e := &exporter{ctx: ctx, o: o, tw: tar.NewWriter(buffered), links: map[inode]link{}, buf: make([]byte, copyBlock)}
	err = e.root(root)
	if err == nil {
		err = e.tw.Close()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return e.stats, fmt.Errorf("write layer of %s: %w", dir, err)
	}
	return e.stats, nil
}

// exporter is one run of Write.
type exporter struct {
	ctx   context.Context
	o     Options
	tw    *tar.Writer
	stats Stats
	links map[inode]link
	buf   []byte
}
