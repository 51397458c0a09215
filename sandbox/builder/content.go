package builder

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/inputs"
	layerfiles "github.com/rootless-sandbox/sandbox/sandbox/image/changes"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
)

// inputs names the content of the files that go into a step.
func (s *stage) inputs(ctx context.Context, step dockerfile.Step) (out []string, err error) {
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
			if err := add(s.build.remote.File(ctx, url, c.Checksum)); err != nil {
				return nil, err
			}
		}
		for _, g := range c.Gits {
			if err := add(s.build.remote.Commit(ctx, g, c.Checksum)); err != nil {
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
func (b *build) content(ctx context.Context, from dockerfile.Source, r pick.Request) (string, error) {
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
func (b *build) from(ctx context.Context, from dockerfile.Source) (pick.Tree, *baseImage, error) {
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
func (b *build) digest(ctx context.Context, tree pick.Tree, r pick.Request) (string, error) {
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
		b.record.File(path, inputs.Stamp(path))
	}
	for _, p := range r.Paths { // a link on the way, or a file that takes its place
		for path := filepath.Join("/", p); path != "/"; path = filepath.Dir(path) {
			b.record.File(filepath.Join(tree.Dir, path), inputs.Stamp(filepath.Join(tree.Dir, path)))
		}
	}
	sum, err := tree.Digest(ctx, r, layerfiles.Options{Seen: func(path string, info fs.FileInfo) {
		b.record.File(filepath.Join(tree.Dir, path), inputs.StampFile(info))
	}})
	if err == nil {
		b.mu.Lock()
		b.digests[string(asked)] = sum
		b.mu.Unlock()
	}
	return sum, err
}

// writer writes the files of a source.
func (b *build) writer(from dockerfile.Source, r pick.Request) func(context.Context, io.Writer) error {
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
func (b *build) collect(ctx context.Context, w io.Writer, layers []string, r pick.Request) error {
	if len(layers) == 0 {
		return &pick.NotFoundError{Path: strings.Join(r.Paths, " ")}
	}
	in := &job.In{Root: rootfs.Layers{Lower: layers}.Root(rootfs.Overlay), Staging: b.Store.Staging()}
	if err := makeStaging(in.Staging); err != nil {
		return err
	}
	j := job.Job{In: in, Collect: &job.Collect{Paths: r.Paths, Exclude: r.Exclude, Parents: r.Parents, Single: b.ids.Single()}}
	return job.Stream(ctx, j, b.ids, nil, w)
}
