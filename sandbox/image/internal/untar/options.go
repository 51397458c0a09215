package untar

import (
	"archive/tar"
	"hash"
	"io/fs"
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

	// Rewrite, if not nil, changes the header of each entry before it is looked at;
	// a hard link's target is a name of the archive, as rewritten.
	Rewrite func(*tar.Header) error
	// Merge is for a tree that others have filled: a directory of the archive that
	// meets a symbolic link to one goes where that leads. What is no directory takes
	// no directory's place.
	Merge bool
	// Stays, with Merge, names directories that are not changed by an entry of the archive.
	Stays func(path string) bool

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
