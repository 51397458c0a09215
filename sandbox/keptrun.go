package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// KeptRun is the place of a run whose sandbox may stay. One of Stay and Drop is called, after the run.
// Until then it is a run's directory as others are: whatever a killed process leaves of it is swept.
type KeptRun struct {
	run  *Pristine
	dir  store.Dir
	done func()
}

// Keep makes the place of one run, which names it in PristineRun.Kept.
func (x *Pristine) Keep() (*KeptRun, error) {
	dir, done, err := x.engine.store.Temp("test")
	if err != nil {
		return nil, err
	}
	return &KeptRun{x, dir, done}, nil
}

// Stay makes it a sandbox as others are, stopped, with what the run has written. It answers its id and its name.
func (k *KeptRun) Stay(title string) (id, name string, err error) {
	defer k.done()
	e := k.run.engine
	for {
		var b [3]byte
		_, _ = rand.Read(b[:]) // never fails, by its contract
		id = hex.EncodeToString(b[:])
		to := e.store.Sandbox(id)
		if err := os.MkdirAll(filepath.Dir(to.Path()), 0o700); err != nil {
			return "", "", err
		}
		err := os.Rename(k.dir.Path(), to.Path()) // nothing takes the place of a directory that is not empty
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", "", fmt.Errorf("keep a run: %w", err)
		}
	}
	_ = os.RemoveAll(k.dir.Runtime())
	s := k.run.shared.spec
	s.ID, s.Ephemeral, s.Instance = id, false, ""
	s.Name = hostname(title) + "-" + id
	return id, s.Name, e.store.WriteState(id, store.State{Spec: s, Down: true, Created: time.Now(), HooksRun: true})
}

// Drop removes it.
func (k *KeptRun) Drop() error {
	defer k.done()
	return local.Discard(k.dir, k.run.shared.ids)
}

// EnterKept starts the sandbox of a kept run, by its id or its name, and answers its id. ErrNotFound.
func (e *Engine) EnterKept(ctx context.Context, run string, emit func(spec.Event)) (string, error) {
	list, err := e.List(ctx)
	if err != nil {
		return "", err
	}
	for _, i := range list {
		if i.ID != run && i.Name != run {
			continue
		}
		st, err := e.store.ReadState(i.ID)
		if err != nil {
			return "", notFound(err)
		}
		_, _, err = e.Up(ctx, st.Spec, UpOptions{}, emit)
		return i.ID, err
	}
	return "", fmt.Errorf("run %s: %w", quoteOdd(run), ErrNotFound)
}
