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
	"time"

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
	b := w.stage.build
	tmp, done, err := b.Store.Temp("layer")
	if err != nil {
		return err
	}
	defer done()
	w.tmp = tmp
	kept := false
	defer func() {
		if !kept {
			_ = local.Discard(tmp, b.ids)
		}
	}()
	if w.lower, err = w.stage.lowers(tmp); err != nil {
		return err
	}
	switch s := w.step; {
	case s.Run != nil:
		err = w.command(ctx, s.Run)
	case s.Copy != nil:
		err = w.copyFiles(ctx, s.Copy)
	default:
		err = w.place(ctx, job.Place{Dest: s.Dir, Dir: true, Chown: s.DirOwner}, nil)
	}
	if err != nil {
		return err
	}
	w.tidy.Root, w.tidy.Lower = tmp.Root(), w.stage.layers.Dirs
	var size job.Size
	j := job.Job{Remove: []string{w.work(), w.none(), w.mounts()}, Tidy: &w.tidy, Size: tmp.Root()}
	if err := job.Do(ctx, j, b.ids, nil, &size); err != nil {
		return err
	}
	err = b.Store.KeepLayer(tmp, w.key, store.LayerInfo{
		IDs: b.ids.Key(), Size: size.Bytes, Entries: size.Entries, Made: time.Now(), Base: w.stage.layers.Keys, Map: &b.ids,
	})
	kept = err == nil
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func (w *stepWork) work() string   { return filepath.Join(w.tmp.FS(), "work") }
func (w *stepWork) none() string   { return filepath.Join(w.tmp.FS(), "none") }
func (w *stepWork) mounts() string { return filepath.Join(w.tmp.FS(), "mounts") }

// lowers are the layers below the next one; an overlay needs one at least.
func (s *stage) lowers(tmp store.Dir) ([]string, error) {
	if err := os.MkdirAll(tmp.FS(), 0o700); err != nil {
		return nil, err
	}
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
