package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// stepWork is a step that is being carried out: what it writes becomes a layer.
type stepWork struct {
	stage  *stage
	step   dockerfile.Step
	number int
	key    string

	tmp   store.Dir
	lower []string
	tidy  job.Tidy
}

// ranError: a command of a step failed.
type ranError struct {
	exit spec.Exit
	tail []string
}

func (e *ranError) Error() string { return fmt.Sprintf("exit status %d", e.exit.Code) }

// run does the step and keeps the layer.
func (w *stepWork) run(ctx context.Context) error {
	b, below := w.stage.build, &w.stage.layers
	return local.MakeLayer(ctx, b.Store, b.ids, w.key, store.LayerInfo{Base: below.Keys, Map: &b.ids}, func(tmp store.Dir) (job.Job, error) {
		w.tmp = tmp
		err := w.do(ctx)
		w.tidy.Root, w.tidy.Lower = tmp.Root(), below.Dirs
		return job.Job{Remove: []string{w.work(), w.none(), w.mounts()}, Tidy: &w.tidy}, err
	})
}

// do writes the files of the step.
func (w *stepWork) do(ctx context.Context) (err error) {
	if w.lower, err = w.stage.lowers(w.tmp); err != nil {
		return err
	}
	switch s := w.step; {
	case s.Run != nil:
		return w.command(ctx, s.Run)
	case s.Copy != nil:
		return w.copyFiles(ctx, s.Copy)
	default:
		return w.place(ctx, job.Place{Dest: s.Dir, Dir: true, Chown: s.DirOwner}, nil)
	}
}

func (w *stepWork) work() string   { return filepath.Join(w.tmp.FS(), "work") }
func (w *stepWork) none() string   { return filepath.Join(w.tmp.FS(), "none") }
func (w *stepWork) mounts() string { return filepath.Join(w.tmp.FS(), "mounts") }

// lowers are the layers below the next one; an overlay needs one at least.
func (s *stage) lowers(tmp store.Dir) ([]string, error) {
	if len(s.layers.Dirs) > 0 {
		return s.layers.Dirs, nil
	}
	none := filepath.Join(tmp.FS(), "none")
	return []string{none}, os.MkdirAll(none, 0o755)
}

// in is the root file system that the step writes to.
func (w *stepWork) in() *job.In {
	l := rootfs.Layers{Lower: w.lower, Upper: w.tmp.Root(), Work: w.work()}
	return &job.In{Root: l.Root(rootfs.Overlay), Staging: w.stage.build.Store.Staging()}
}

// place has an archive that write writes put into the root file system; nil: there is none.
func (w *stepWork) place(ctx context.Context, p job.Place, write func(context.Context, io.Writer) error) error {
	return w.stage.build.placeIn(ctx, w.in(), p, write)
}

func (b *build) placeIn(ctx context.Context, in *job.In, p job.Place, write func(context.Context, io.Writer) error) error {
	p.Single = b.ids.Single()
	if err := makeStaging(in.Staging); err != nil {
		return err
	}
	j := job.Job{In: in, Place: &p}
	if write == nil {
		return job.Do(ctx, j, b.ids, nil, nil)
	}
	r, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	wrote := make(chan error, 1)
	go func() {
		err := write(ctx, out)
		if err != nil && !errors.Is(err, syscall.EPIPE) {
			cancel(err) // half an archive must not be taken for a whole one
		}
		_ = out.Close()
		wrote <- err
	}()
	var u job.Unpacked
	err = job.Do(ctx, j, b.ids, r, &u)
	_ = r.Close()
	werr := <-wrote
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	for _, name := range u.Skipped {
		b.note("left out", name)
	}
	if err == nil && !errors.Is(werr, syscall.EPIPE) {
		err = werr
	}
	return err
}

// makeStaging makes the directory that root file systems are put together at.
func makeStaging(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
