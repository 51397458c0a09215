// Package rootfs turns layers into the root of a sandbox. It answers: how is a
// writable file system made of read-only layers on this host?
package rootfs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/containerd/continuity/fs"

	"github.com/rootless-sandbox/sandbox/userns"
)

// Driver is a way to do it.
type Driver string

// Drivers, best first.
const (
	Auto    Driver = ""
	Overlay Driver = "overlay"        // the kernel's, in a user namespace (Linux 5.11)
	Fuse    Driver = "fuse-overlayfs" // the program of that name
	Copy    Driver = "copy"           // a whole copy: slow, and works everywhere
)

// Drivers lists what to try, in order. A forced driver is tried alone.
func Drivers(forced Driver) ([]Driver, error) {
	switch forced {
	case Auto:
		return []Driver{Overlay, Fuse, Copy}, nil
	case Overlay, Fuse, Copy:
		return []Driver{forced}, nil
	}
	return nil, fmt.Errorf("storage driver %q: not one of overlay, fuse-overlayfs, copy", string(forced))
}

// Layers are the directories of one root file system.
type Layers struct {
	Lower       []string // read-only, the lowest first
	Upper, Work string   // writable; both empty: in memory
	Whole       string   // where Copy keeps its copy
}

// Root gives the root for a driver. For Copy the copy must have been made.
func (l Layers) Root(d Driver) *userns.Root {
	lower := slices.Clone(l.Lower)
	slices.Reverse(lower) // overlay wants the lowest last
	switch d {
	case Fuse:
		return &userns.Root{Kind: userns.RootFuse, Lower: lower, Upper: l.Upper, Work: l.Work}
	case Copy:
		return &userns.Root{Kind: userns.RootDir, Upper: l.Whole}
	}
	return &userns.Root{Kind: userns.RootOverlay, Lower: lower, Upper: l.Upper, Work: l.Work}
}

// CopyTree copies a tree with owners, modes, times and links, sharing the
// blocks where the file system can. It runs inside a user namespace.
func CopyTree(from, to string) error {
	if err := fs.CopyDir(to, from, fs.WithAllowXAttrErrors()); err != nil {
		return err
	}
	return copyTimes(from, to)
}

// copyTimes gives directories their times last: whatever is made in one changes them.
func copyTimes(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return os.Chtimes(filepath.Join(to, name), time.Time{}, info.ModTime())
	})
}
