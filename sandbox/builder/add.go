package builder

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	layerfiles "github.com/rootless-sandbox/sandbox/sandbox/image/changes"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
)

// addPath is ADD of what stands in the context: archives are extracted.
func (w *stepWork) addPath(ctx context.Context, r pick.Request, p job.Place) error {
	tree, _, err := w.stage.build.from(ctx, dockerfile.Source{Kind: dockerfile.SourceContext})
	if err != nil {
		return err
	}
	selected, err := tree.Select(r)
	if err != nil {
		return err
	}
	for _, part := range selected.Parts {
		f, err := tree.OpenArchive(part.Path)
		if err != nil {
			return err
		}
		one := p
		write := func(ctx context.Context, out io.Writer) error {
			_, err := layerfiles.WriteParts(ctx, out, tree.Dir, []layerfiles.Part{part}, layerfiles.Options{Header: pick.Plain})
			return err
		}
		if f != nil {
			one.Archive, one.Dest = true, strings.TrimSuffix(p.Dest, "/")+"/"
			write = func(_ context.Context, out io.Writer) error {
				_, err := io.Copy(out, f)
				return err
			}
		}
		err = w.place(ctx, one, write)
		if f != nil {
			_ = f.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addURL is ADD of a file that was fetched.
func (w *stepWork) addURL(ctx context.Context, c *dockerfile.Copy, p job.Place, from string) error {
	digest, err := w.stage.build.remote.File(ctx, from, c.Checksum)
	if err != nil {
		return err
	}
	file := w.stage.build.Store.Download(digest)
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	open := func() (io.ReadCloser, error) { return os.Open(file) }
	if c.Unpack {
		p.Archive, p.Dest = true, path.Clean(p.Dest)+"/"
		return w.place(ctx, p, func(_ context.Context, out io.Writer) error {
			f, err := open()
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			_, err = io.Copy(out, f)
			return err
		})
	}
	u, err := url.Parse(from)
	if err != nil {
		return err
	}
	name := path.Base("/" + u.Path)
	switch {
	case name == "/" && p.Dest[len(p.Dest)-1] != '/':
		name = "file" // which it is not called in the end
	case name == "/":
		return fmt.Errorf("ADD %s: it names no file; write a destination that does not end in /", from)
	}
	return w.place(ctx, p, oneFile(name, 0o600, info.ModTime(), info.Size(), open))
}

// addGit is ADD of a repository: its files at one commit.
func (w *stepWork) addGit(ctx context.Context, c *dockerfile.Copy, p job.Place, git dockerfile.Git) error {
	commit, err := w.stage.build.remote.Commit(ctx, git, c.Checksum)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sandbox-git")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := w.stage.build.remote.Checkout(ctx, git, commit, dir); err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(dir, ".gitmodules")); err == nil {
		w.stage.build.note("git", git.Remote+": its submodules are not fetched")
	}
	tree := pick.Tree{Dir: dir}
	if !git.Keep {
		tree.Ignore = []string{".git"}
	}
	p.Dest = strings.TrimSuffix(p.Dest, "/") + "/"
	return w.place(ctx, p, func(ctx context.Context, out io.Writer) error {
		return tree.Write(ctx, out, pick.Request{Paths: []string{path.Join("/", git.Dir)[1:] + "/"}, Exclude: c.Exclude}, layerfiles.Options{Header: plainMode})
	})
}

// plainMode: of the modes of its files git knows one bit.
func plainMode(h *tar.Header) {
	pick.Plain(h)
	switch {
	case h.Typeflag == tar.TypeDir || h.Mode&0o100 != 0:
		h.Mode = 0o755
	default:
		h.Mode = 0o644
	}
}
