//go:build !core

package job

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/image/changes"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
)

// run works in the image's root file system: whatever link of it leads anywhere
// leads to a place in it.
func (p *Place) run() error {
	w := &placing{Place: p}
	if err := w.prepare(); err != nil {
		return fmt.Errorf("%s: %w", p.Dest, err)
	}
	if p.Dir {
		return w.mkdirs(p.Dest)
	}
	stats, err := archive.Place(context.Background(), os.Stdin, "/", archive.Options{
		Single: p.Single, Rewrite: w.rewrite, Merge: !p.Archive, Stays: w.stays,
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(Unpacked{Entries: stats.Entries, Bytes: stats.Bytes, Skipped: stats.Skipped})
}

// placing is a Place at work.
type placing struct {
	*Place
	owner *agent.User
	mode  *dockerfile.Mode
	begun bool
	dir   string // resolved: where entries go
	name  string // of a single file that gets another one
}

func (w *placing) prepare() error {
	if w.Chown != "" {
		u, err := agent.LookupUser(w.Chown)
		if err != nil {
			return fmt.Errorf("owner %s: %w", w.Chown, err)
		}
		w.owner = &u
	}
	if w.Chmod != "" {
		m, err := dockerfile.ParseMode(w.Chmod)
		if err != nil {
			return err
		}
		w.mode = &m
	}
	return nil
}

// rewrite sends an entry to where it goes.
func (w *placing) rewrite(h *tar.Header) error {
	if !w.begun {
		w.begun = true
		if err := w.begin(h); err != nil {
			return err
		}
	}
	if w.name != "" {
		h.Name = w.name
	}
	h.Name = path.Join(w.dir, path.Join("/", h.Name))
	if h.Typeflag == tar.TypeLink {
		h.Linkname = path.Join(w.dir, path.Join("/", h.Linkname))
	}
	if w.owner != nil {
		h.Uid, h.Gid = w.owner.UID, w.owner.GID
	}
	if w.mode != nil && h.Typeflag != tar.TypeSymlink {
		h.Mode = int64(w.mode.Apply(uint32(h.Mode&0o7777), h.Typeflag == tar.TypeDir))
	}
	return nil
}

// begin decides by the first entry where all of them go.
func (w *placing) begin(h *tar.Header) error {
	dest := path.Clean(w.Dest)
	there, err := os.Stat(dest)
	isDir := err == nil && there.IsDir()
	contents := path.Clean("/"+h.Name) == "/" // of one directory: it goes into the destination, not in its place
	named := !strings.HasPrefix(h.Name, "./") && h.Typeflag != tar.TypeDir && !w.Archive
	switch {
	case isDir, contents:
	case named && !strings.HasSuffix(w.Dest, "/"):
		if real, err := filepath.EvalSymlinks(dest); err == nil {
			dest = real // a link stays, and what it leads to is replaced
		}
		w.name, dest = path.Base(dest), path.Dir(dest)
	}
	if err := w.mkdirs(dest); err != nil {
		return err
	}
	w.dir, err = filepath.EvalSymlinks(dest)
	return err
}

// stays: the destination itself is what it is, or was made; what is below it gets the source's modes.
func (w *placing) stays(name string) bool { return path.Join("/", name) == w.dir }

// mkdirs makes a directory and those above it, each the owner's.
func (w *placing) mkdirs(dir string) error {
	at := "/"
	for part := range strings.SplitSeq(path.Clean(dir), "/") {
		at = path.Join(at, part)
		switch err := os.Mkdir(at, 0o755); {
		case err == nil:
			if err := w.own(at); err != nil {
				return err
			}
		case !errors.Is(err, fs.ErrExist):
			return err
		default:
			if st, err := os.Stat(at); err != nil || !st.IsDir() {
				return &fs.PathError{Op: "make directory", Path: at, Err: syscall.ENOTDIR}
			}
		}
	}
	return nil
}

func (w *placing) own(dir string) error {
	if w.owner == nil {
		return nil
	}
	if w.Single {
		return archive.NoteOwner(dir, w.owner.UID, w.owner.GID)
	}
	return os.Lchown(dir, w.owner.UID, w.owner.GID)
}

// run writes what is selected.
func (c *Collect) run() error {
	tree := pick.Tree{Dir: "/", Root: true}
	r := pick.Request{Paths: c.Paths, Exclude: c.Exclude, Parents: c.Parents}
	return tree.Write(context.Background(), os.Stdout, r, changes.Options{Single: c.Single})
}
