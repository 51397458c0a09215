//go:build !core

package sandbox

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	layerfiles "github.com/rootless-sandbox/sandbox/sandbox/image/changes"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
)

// inputs names the content of the files that go into a step.
func (s *stageBuild) inputs(ctx context.Context, step dockerfile.Step) (out []string, err error) {
	add := func(digest string, err error) error {
		out = append(out, digest)
		return err
	}
	if c := step.Copy; c != nil {
		if len(c.Paths) > 0 {
			if err := add(s.build.content(ctx, c.From, pick.Request{Paths: c.Paths, Exclude: c.Exclude, Parents: c.Parents})); err != nil {
				return nil, err
			}
		}
		for _, url := range c.URLs {
			if err := add(s.build.fetched(ctx, url, c.Checksum)); err != nil {
				return nil, err
			}
		}
	}
	if step.Copy != nil {
		for _, g := range step.Copy.Gits {
			if err := add(s.build.commitOf(ctx, g, step.Copy.Checksum)); err != nil {
				return nil, err
			}
		}
	}
	if step.Run != nil {
		for _, m := range step.Run.Mounts {
			if m.From.Kind != "" {
				if err := add(s.build.content(ctx, m.From, pick.Request{Paths: []string{m.Path}})); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// content names what a source holds: of the files of a context their digest, of
// a stage or an image what it was made of.
func (b *dockerBuild) content(ctx context.Context, from dockerfile.Source, r pick.Request) (string, error) {
	switch from.Kind {
	case dockerfile.SourceStage:
		return b.stages[from.Stage].key(), nil
	case dockerfile.SourceScratch:
		return "scratch", nil
	}
	tree, image, err := b.from(ctx, from)
	if err != nil || image != nil {
		return keyOf(image), err
	}
	return b.digest(ctx, tree, r)
}

func keyOf(i *baseImage) string {
	if i == nil {
		return ""
	}
	return i.key
}

// from is what a source is: a directory of this machine, or an image.
func (b *dockerBuild) from(ctx context.Context, from dockerfile.Source) (pick.Tree, *baseImage, error) {
	switch from.Kind {
	case dockerfile.SourceContext:
		if b.spec.Context == "" {
			return pick.Tree{}, nil, errors.New("there is no context: no directory to take files of")
		}
		return pick.Tree{Dir: b.spec.Context, Ignore: b.ignore}, nil, nil
	case dockerfile.SourceNamed:
		ref := b.spec.Contexts[from.Ref]
		if strings.HasPrefix(ref, "/") {
			return pick.Tree{Dir: ref}, nil, nil
		}
		i, err := b.use(ctx, ref, true)
		return pick.Tree{}, i, err
	}
	i, err := b.use(ctx, from.Ref, false)
	return pick.Tree{}, i, err
}

// digest reads files once for all steps that take the same ones.
func (b *dockerBuild) digest(ctx context.Context, tree pick.Tree, r pick.Request) (string, error) {
	asked, err := json.Marshal([]any{tree.Dir, r})
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	known, ok := b.digests[string(asked)]
	b.mu.Unlock()
	if ok {
		return known, nil
	}
	selected, err := tree.Select(r)
	if err != nil {
		return "", err
	}
	for _, dir := range selected.Dirs {
		path := filepath.Join(tree.Dir, dir)
		b.record.file(path, stampOf(path))
	}
	for _, p := range r.Paths { // a link on the way, or a file that takes its place
		for path := filepath.Join("/", p); path != "/"; path = filepath.Dir(path) {
			b.record.file(filepath.Join(tree.Dir, path), stampOf(filepath.Join(tree.Dir, path)))
		}
	}
	sum, err := tree.Digest(ctx, r, layerfiles.Options{Seen: func(path string, info fs.FileInfo) {
		b.record.file(filepath.Join(tree.Dir, path), stampFile(info))
	}})
	if err == nil {
		b.mu.Lock()
		b.digests[string(asked)] = sum
		b.mu.Unlock()
	}
	return sum, err
}

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

// writer writes the files of a source.
func (b *dockerBuild) writer(from dockerfile.Source, r pick.Request) func(context.Context, io.Writer) error {
	return func(ctx context.Context, w io.Writer) error {
		if from.Kind == dockerfile.SourceStage {
			return b.collect(ctx, w, b.stages[from.Stage].layers.Dirs, r)
		}
		tree, image, err := b.from(ctx, from)
		if err != nil {
			return err
		}
		if image != nil {
			return b.collect(ctx, w, image.base.Dirs, r)
		}
		return tree.Write(ctx, w, r, layerfiles.Options{Header: pick.Plain})
	}
}

// collect writes files of a root file system.
func (b *dockerBuild) collect(ctx context.Context, w io.Writer, layers []string, r pick.Request) error {
	if len(layers) == 0 {
		return &pick.NotFoundError{Path: strings.Join(r.Paths, " ")}
	}
	in := &job.In{Root: rootfs.Layers{Lower: layers}.Root(rootfs.Overlay), Staging: b.engine.store.Staging()}
	if err := makeStaging(in.Staging); err != nil {
		return err
	}
	j := job.Job{In: in, Collect: &job.Collect{Paths: r.Paths, Exclude: r.Exclude, Parents: r.Parents, Single: b.ids.Single()}}
	return job.Stream(ctx, j, b.ids, nil, w)
}

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
		f, err := openArchive(tree.Dir, part.Path)
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

// openArchive opens a file that is an archive; nil for what is none.
func openArchive(dir, path string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	if info, err := root.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	if archive.IsArchive(f) {
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			return f, nil
		}
	}
	return nil, errors.Join(err, f.Close())
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
