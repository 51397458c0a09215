// Package ondisk answers: how are the things that no plain directory can say
// written to the disk? That is what a layer hides of those below it, and who
// owns a file where only one id exists.
//
// The form of the first is the kernel's, for an overlay that is mounted with
// userxattr (Documentation/filesystems/overlayfs.rst); that of the second is
// shared with containers/storage and fuse-overlayfs.
package ondisk

import "strings"

// Extended attributes.
const (
	// Opaque, of a directory: with OpaqueYes nothing of the layers below is seen
	// in it; with OpaqueMarked it holds files that are whiteouts by attribute.
	Opaque       = overlay + "opaque"
	OpaqueYes    = "y"
	OpaqueMarked = "x"
	// Whiteout, of an empty file: it stands for a whiteout where no device can
	// be made. Linux 6.7 and later read it.
	Whiteout = overlay + "whiteout"
	// Redirect and Metacopy: the contents are elsewhere.
	Redirect = overlay + "redirect"
	Metacopy = overlay + "metacopy"
	// Owner holds the owner that could not be applied.
	Owner = "user.containers.override_stat"
	// Capability holds the capabilities of a program, see capabilities(7).
	Capability = "security.capability"

	overlay = "user.overlay."
)

// Names in the layer of an image, see layer.md of the OCI image specification.
const (
	// HidesPrefix stands before the name that a layer hides.
	HidesPrefix = ".wh."
	// OpaqueName says that its directory hides all that is below it.
	OpaqueName = ReservedPrefix + ".opq"
	// ReservedPrefix is that of the notes of AUFS, which mean nothing to others.
	ReservedPrefix = ".wh..wh."
)

// Travels says whether an extended attribute means the same in an archive as on
// this disk. Those of overlay never do: in a lower layer they are orders to the
// kernel. Nor does Owner, which an archive says in its own way.
func Travels(name string) bool {
	return name == Capability ||
		strings.HasPrefix(name, "user.") && !strings.HasPrefix(name, overlay) && name != Owner
}

// Limits of the names in an archive.
const (
	// MaxName is PATH_MAX: no longer path can be given to the kernel at once.
	MaxName = 4096
	// MaxDepth bounds the directories held open on the way to an entry.
	MaxDepth = 256
)
