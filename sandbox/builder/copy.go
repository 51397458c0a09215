package builder

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
)

// copyFiles does a COPY or an ADD.
func (w *stepWork) copyFiles(ctx context.Context, c *dockerfile.Copy) error {
	p := job.Place{Dest: c.Dest, Chown: c.Chown, Chmod: c.Chmod}
	if len(c.Paths) > 0 {
		if err := w.copyPaths(ctx, c, p); err != nil {
			return err
		}
	}
	for _, in := range c.Inline {
		write := oneFile(in.Name, 0o644, time.Unix(0, 0), int64(len(in.Data)), func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(in.Data)), nil
		})
		if err := w.place(ctx, p, write); err != nil {
			return err
		}
	}
	for _, url := range c.URLs {
		if err := w.addURL(ctx, c, p, url); err != nil {
			return err
		}
	}
	for _, git := range c.Gits {
		if err := w.addGit(ctx, c, p, git); err != nil {
			return err
		}
	}
	return nil
}

func (w *stepWork) copyPaths(ctx context.Context, c *dockerfile.Copy, p job.Place) error {
	r := pick.Request{Paths: c.Paths, Exclude: c.Exclude, Parents: c.Parents}
	if !c.Add || c.From.Kind != dockerfile.SourceContext {
		return w.place(ctx, p, w.stage.build.writer(c.From, r))
	}
	for _, path := range c.Paths {
		r.Paths = []string{path}
		if err := w.addPath(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

// oneFile writes an archive of one file.
func oneFile(name string, mode int64, modified time.Time, size int64, open func() (io.ReadCloser, error)) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		r, err := open()
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }()
		t := tar.NewWriter(w)
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: size, ModTime: modified}); err != nil {
			return err
		}
		if _, err := io.Copy(t, r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return t.Close()
	}
}
