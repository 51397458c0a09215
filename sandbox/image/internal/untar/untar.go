// Package untar answers: how does an archive that nobody vouches for become a
// directory tree, with nothing written outside of it?
//
// The tree's directory is treated as the root "/": an absolute name or link
// target starts there. Every change is made through an os.Root, so that even a
// mistake in the resolution here cannot leave the tree.
package untar

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Caps that apply where Options leaves them at zero.
const (
	DefaultMaxBytes   = 64 << 30
	DefaultMaxEntries = 5_000_000
)

// ChownMode says what becomes of the owners in the archive.
type ChownMode int

const (
	// Ignore leaves everything to the calling user: one id is all there is.
	Ignore ChownMode = iota
	// Apply gives each entry the numeric owner that the archive says. The
	// caller is root of a user namespace in which those ids are mapped.
	Apply
)

// Options modify Extract.
type Options struct {
	MaxBytes   int64 // of file contents, holes included; 0: DefaultMaxBytes
	MaxEntries int64 // of the archive, and implied directories; 0: DefaultMaxEntries
	ChownMode  ChownMode
}

// maxSkipped is how many skipped things are named; the rest is only counted.
const maxSkipped = 100

// Stats is what Extract did.
type Stats struct {
	Entries int64 // in the archive
	Bytes   int64 // of file contents, holes included
	// Skipped names what was left out, such as device nodes, as "name: what".
	// The names come from the archive as they are. At most 100 are kept.
	Skipped []string
	// SkippedTotal counts all of them.
	SkippedTotal int64
}

func (s *Stats) skip(name, what string) {
	if s.SkippedTotal++; s.SkippedTotal <= maxSkipped {
		name = name[:min(len(name), maxName)]
		s.Skipped = append(s.Skipped, name+": "+what)
	}
}

// Extract unpacks the tar archive r, plain or compressed by gzip, into the
// existing directory dir, and reads r to its end. Nothing else may change dir
// at the same time. After an error, dir holds a part of the archive: unpack
// into a directory that can be thrown away, and rename it when all is well.
// Nothing is synced to the disk.
//
// Modes with their setuid bits and modification times are kept, those of
// symbolic links excepted. An entry replaces what is already at its name; a
// directory keeps what it holds. Devices are skipped, and named in Stats.
//
// Errors are *LimitError, *NameError, *OwnerError, *CompressionError,
// *ArchiveError and *EntryError, or that of ctx.
func Extract(ctx context.Context, r io.Reader, dir string, o Options) (Stats, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Stats{}, fmt.Errorf("unpack archive: %w", err)
	}
	defer func() { _ = root.Close() }()

	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = DefaultMaxEntries
	}
	x := &extractor{o: o, meta: map[string]dirMeta{}}
	x.tree = tree{root: root, made: x.madeParent}
	defer x.tree.truncate(0)

	if err := x.run(ctx, r); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return x.stats, fmt.Errorf("unpack into %s: %w", dir, err)
	}
	return x.stats, nil
}

// extractor is one run of Extract.
type extractor struct {
	o      Options
	stats  Stats
	inodes int64 // entries, and parents that no entry has named yet
	tree   tree
	meta   map[string]dirMeta // by resolved path; applied last
	names  int                // bytes of meta's keys
	buf    []byte
	zeros  []byte
}

func (x *extractor) run(ctx context.Context, r io.Reader) error {
	s, err := openStream(ctx, r, x.o)
	if err != nil {
		return err
	}
	defer s.close()

	tr := tar.NewReader(s)
	for {
		s.mark()
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return archiveError(err)
		}
		if err := x.entry(h, tr); err != nil {
			return err
		}
		// What the entry did not want is read here, so that the next mark
		// stands right before a header.
		if _, err := io.Copy(io.Discard, tr); err != nil {
			return archiveError(err)
		}
	}
	if err := s.finish(x.stats.Entries); err != nil {
		return err
	}
	return x.finishDirs(ctx)
}

// count books one more inode.
func (x *extractor) count() error {
	if x.inodes++; x.inodes > x.o.MaxEntries {
		return &LimitError{What: "entries", Limit: x.o.MaxEntries}
	}
	return nil
}
