// Package untar answers: how does an archive that nobody vouches for become a
// directory tree, with nothing written outside of it?
//
// The tree's directory is treated as the root "/": an absolute name or link
// target starts there. Every directory is opened, and every change but the making
// of a file, a FIFO or a whiteout made, through an os.Root, so that even a mistake
// in the resolution here cannot leave the tree. Those are made by the descriptor
// of such a directory, under a name of one part that must not exist yet.
package untar

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Extract unpacks the tar archive r, plain or compressed by gzip, zstd, xz or
// bzip2, into the existing directory dir, and reads r to its end. Nothing else may change dir
// at the same time. After an error, dir holds a part of the archive: unpack
// into a directory that can be thrown away, and rename it when all is well.
// Nothing is synced to the disk.
//
// Modes with their setuid bits and modification times are kept. An entry
// replaces what is already at its name; a directory keeps what it holds. Devices
// are skipped, and named in Stats. Of the extended attributes security.capability
// and user.* are kept, those of overlay excepted. A hard link is to a file of the
// same archive.
//
// Errors are *LimitError, *NameError, *OwnerError, *CompressionError,
// *ArchiveError and *EntryError, or that of ctx.
func Extract(ctx context.Context, r io.Reader, dir string, o Options) (Stats, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Stats{}, fmt.Errorf("unpack archive: %w", err)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = DefaultMaxEntries
	}
	if o.MaxRatio == 0 {
		o.MaxRatio = DefaultMaxRatio
	}
	x := &extractor{o: o, meta: map[string]dirMeta{}, hidden: map[string]struct{}{}, opaque: map[string]struct{}{}, noDevices: o.noDevices}
	x.tree = tree{root: &directory{Root: root}, on: x}
	defer x.tree.close()

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
	meta   map[string]dirMeta  // by resolved path; applied last
	names  int                 // bytes of the keys of meta, hidden and opaque
	hidden map[string]struct{} // the whiteouts, by resolved path
	opaque map[string]struct{} // the directories that hide what is below
	buf    []byte
	// noDevices: the kernel makes no device here, not even a whiteout.
	noDevices bool
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
	if err := x.dropWhiteouts(); err != nil {
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
