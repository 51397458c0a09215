//go:build !core

// Package archive makes a root file system, or one layer of it, from a tar
// archive. It answers: how does an archive become a directory?
package archive

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
)

// Options modify Unpack.
type Options struct {
	Single bool // owners cannot be applied
	Layer  bool // whiteouts mean something, as the OCI image specification says
	// Rewrite, Merge and Stays are those of untar, for Place.
	Rewrite func(*tar.Header) error
	Merge   bool
	Stays   func(path string) bool
}

// Stats is what Unpack did.
type Stats struct {
	DiffID  string // digest of the uncompressed archive
	Entries int64
	Bytes   int64    // of file contents
	Skipped []string // what was left out, by name; not all of many
}

// Unpack extracts the archive into the empty directory dir. It runs inside a
// user namespace, as its root.
func Unpack(ctx context.Context, r io.Reader, dir string, o Options) (Stats, error) {
	u := untar.Options{ChownMode: untar.Apply}
	if o.Single {
		u.ChownMode = untar.Ignore
	}
	if o.Layer {
		u.Whiteouts = untar.Overlay
	}
	sum := sha256.New()
	u.Digest = sum
	s, err := untar.Extract(ctx, r, dir, u)
	if err != nil {
		return Stats{}, err
	}
	return Stats{
		DiffID: "sha256:" + hex.EncodeToString(sum.Sum(nil)), Entries: s.Entries, Bytes: s.Bytes, Skipped: s.Skipped,
	}, nil
}

// Place extracts the archive into a tree that has files already.
func Place(ctx context.Context, r io.Reader, dir string, o Options) (Stats, error) {
	u := untar.Options{ChownMode: untar.Apply, Rewrite: o.Rewrite, Merge: o.Merge, Stays: o.Stays}
	if o.Single {
		u.ChownMode = untar.Ignore
	}
	s, err := untar.Extract(ctx, r, dir, u)
	return Stats{Entries: s.Entries, Bytes: s.Bytes, Skipped: s.Skipped}, err
}

// NoteOwner notes the owner of a directory where it cannot be applied.
func NoteOwner(dir string, uid, gid int) error { return untar.NoteOwner(dir, uid, gid) }
