package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// MakeLayer makes the layer of a key, whole or not at all: fill writes to tmp.Root(), and says what is
// then to be cleaned up by a job. Of info it needs what is not seen in the files. Where another was
// first that one is kept.
func MakeLayer(ctx context.Context, s *store.Store, ids userns.IDMap, key string, info store.LayerInfo, fill func(tmp store.Dir) (job.Job, error)) error {
	tmp, done, err := s.Temp("layer")
	if err != nil {
		return err
	}
	defer done()
	kept := false
	defer func() {
		if !kept {
			_ = Discard(tmp, ids)
		}
	}()
	if err := os.MkdirAll(tmp.FS(), 0o700); err != nil {
		return err
	}
	j, err := fill(tmp)
	if err != nil {
		return err
	}
	var size job.Size
	j.Size = tmp.Root()
	if err := job.Do(ctx, j, ids, nil, &size); err != nil {
		return err
	}
	info.IDs, info.Size, info.Entries, info.Made = ids.Key(), size.Bytes, size.Entries, time.Now()
	err = s.KeepLayer(tmp, key, info)
	kept = err == nil
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
