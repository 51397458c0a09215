package apt

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
)

// extract writes into the tree what fill writes into an archive.
func (i *installation) extract(ctx context.Context, v *view, fill func(*merger) error) error {
	diverts, err := readOptional(i.root, dpkgDir+"/diversions")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		b := bufio.NewWriterSize(w, 256<<10)
		m := &merger{tw: tar.NewWriter(b), epoch: i.result.Epoch, view: v, diverts: parseDiversions(string(diverts))}
		err := fill(m)
		if err == nil {
			err = m.tw.Close()
		}
		if err == nil {
			err = b.Flush()
		}
		_ = w.CloseWithError(err) // always nil
		done <- err
	}()
	o := untar.Options{ChownMode: untar.Apply}
	if i.single {
		o.ChownMode = untar.Ignore
	}
	stats, err := untar.Extract(ctx, r, i.dir, o)
	_ = r.CloseWithError(io.ErrClosedPipe) // always nil; ends the writer
	i.result.Skipped = append(i.result.Skipped, stats.Skipped...)
	i.result.Count += stats.SkippedTotal
	// When the packages were at fault, the reader saw no more than that.
	if ferr := <-done; ferr != nil && !errors.Is(ferr, io.ErrClosedPipe) {
		return ferr
	}
	return err
}
