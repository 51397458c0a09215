package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// runJob does a piece of work in a user namespace of its own. Ending ctx ends it.
func runJob(ctx context.Context, j job.Job, ids userns.IDMap) error {
	payload, err := json.Marshal(j)
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	defer keepThread()()
	p, err := userns.Start(job.Role, userns.Launch{IDs: ids, DieWithParent: true, Payload: payload}, userns.Stdio{Err: w})
	_ = w.Close()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, p.Kill)()
	said, err := io.ReadAll(io.LimitReader(r, 64<<10))
	code, werr := p.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil || werr != nil:
		return errors.Join(err, werr)
	case code != 0:
		return errors.New(strings.TrimSpace(string(said)))
	}
	return nil
}

// discard removes a directory that subordinate ids may own parts of.
func (e *Engine) discard(d store.Dir, ids userns.IDMap) error {
	if _, err := os.Lstat(d.FS()); err == nil {
		// Its own process may have been killed half-way, or ctx have ended: this is not to be left undone.
		if err := runJob(context.Background(), job.Job{Remove: []string{d.FS()}}, ids); err != nil {
			return err
		}
	}
	return d.Remove()
}
