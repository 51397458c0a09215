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
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

// Caps that apply where Options leaves them at zero.
const (
	DefaultMaxBytes   = 64 << 30
	DefaultMaxEntries = 5_000_000
	// DefaultMaxRatio is more than gzip, zstd or xz make of zeros.
	DefaultMaxRatio = 50_000
)

// ChownMode says what becomes of the owners in the archive.
type ChownMode int

const (
	// Ignore leaves everything to the calling user: one id is all there is. The
	// owners other than root are noted in the attribute user.containers.override_stat
	// of files and directories.
	Ignore ChownMode = iota
	// Apply gives each entry the numeric owner that the archive says. The
	// caller is root of a user namespace in which those ids are mapped.
	Apply
)

// Whiteouts says what becomes of names that begin with .wh.
type Whiteouts int

const (
	// Refuse them: no layer is expected.
	Refuse Whiteouts = iota
	// Overlay writes them as the kernel's overlay does, when mounted with
	// userxattr: as a device 0/0, and as an attribute of an opaque directory.
	Overlay
)

// Options modify Extract.
type Options struct {
	MaxBytes   int64 // of file contents, holes included; 0: DefaultMaxBytes
	MaxEntries int64 // of the archive, and implied directories; 0: DefaultMaxEntries
	MaxRatio   int64 // bytes of the archive to those that arrived, beyond 64 MiB; 0: DefaultMaxRatio
	ChownMode  ChownMode
	Whiteouts  Whiteouts
	// Digest, if not nil, is fed with the archive without its compression, all
	// of it. It is complete when Extract returns without an error, and not to be
	// touched before.
	Digest hash.Hash
	// Lower, if not nil, tells about a directory of the layers below, by its
	// path without a leading slash. It is asked about those that the archive
	// implies and does not describe: an overlay shows what the upper layer says.
	Lower func(path string) (Attr, bool)

	noDevices bool // as if mknod were refused
}

// Attr is what is known of a directory.
type Attr struct {
	Mode     fs.FileMode // permissions and the setuid, setgid and sticky bits
	UID, GID int
	ModTime  time.Time
}

// How many skipped things and implied directories are named; the rest is only counted.
const (
	maxSkipped = 100
	maxImplied = 1000
)

// Stats is what Extract did.
type Stats struct {
	Entries int64 // in the archive
	Bytes   int64 // of file contents, holes included
	// Skipped names what was left out, such as device nodes, as "name: what".
	// The names come from the archive as they are. At most 100 are kept.
	Skipped []string
	// SkippedTotal counts all of them.
	SkippedTotal int64
	// Implied are directories that no entry describes and Lower does not know,
	// by their paths, in no order: they are root's, with mode 0755. At most 1000 are kept.
	Implied      []string
	ImpliedTotal int64
	// OpaqueRoot: the layer hides all layers below. No overlay does that, so the
	// caller has to leave them out. The directory has the attribute as well.
	OpaqueRoot bool
}

func (s *Stats) imply(path string) {
	if s.ImpliedTotal++; s.ImpliedTotal <= maxImplied {
		s.Implied = append(s.Implied, path)
	}
}

func (s *Stats) skip(name, what string) {
	if s.SkippedTotal++; s.SkippedTotal <= maxSkipped {
		name = name[:min(len(name), ondisk.MaxName)]
		s.Skipped = append(s.Skipped, name+": "+what)
	}
}

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
