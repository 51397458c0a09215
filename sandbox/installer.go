package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/lines"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// installer runs commands as root in a root file system that is being made: each
// in a sandbox of its own, without a project.
type installer struct {
	engine  *Engine
	at      layout
	ids     userns.IDMap
	network string
	mounts  []spec.Mount
	emit    func(spec.Event)
}

// BuildError: a command of a build failed.
type BuildError struct {
	Args []string
	Exit spec.Exit
	Last []string // the last lines that it printed
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("build: %s: exit status %d", strings.Join(e.Args, " "), e.Exit.Code)
}

// layer makes the layer of a key of what install writes on top of a base. litter names what stays out of it, beside
// what sandboxes put there themselves.
func (i *installer) layer(ctx context.Context, base *local.Base, key string, litter []string, install func() error) error {
	return local.MakeLayer(ctx, i.engine.store, i.ids, key, store.LayerInfo{Base: base.Keys}, func(tmp store.Dir) (job.Job, error) {
		work := filepath.Join(tmp.FS(), "work")
		i.at = layout{staging: i.engine.store.Staging(), lower: base.Dirs, upper: tmp.Root(), work: work}
		j := job.Job{Remove: []string{work}}
		for _, name := range append(litter, "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/machine-id", "etc/apt/apt.conf.d/99sandbox", "tmp", "run") {
			j.Remove = append(j.Remove, filepath.Join(tmp.Root(), name))
		}
		return j, install()
	})
}

// run runs one command and waits for its end.
func (i *installer) run(ctx context.Context, args, env []string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	var tail tailWriter
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(&tail, r)
		_ = r.Close()
	}()
	x, err := i.start(ctx, spec.Command{Args: args, Env: env, Dir: "/", Root: true}, Streams{Out: w, Err: w})
	_ = w.Close()
	<-copied
	if err == nil && x.Code != 0 {
		err = &BuildError{Args: args, Exit: x, Last: tail.lines()}
	}
	return err
}

func (i *installer) start(ctx context.Context, c spec.Command, io Streams) (x spec.Exit, err error) {
	p := making(i.ids, i.network)
	p.at, p.bare, p.spec.Mounts = i.at, i.at.whole != "", i.mounts
	if p.network, err = planNetwork(p.spec, i.emit); err != nil {
		return x, err
	}
	return i.engine.runIn(ctx, p, c, io, func() {}, i.emit)
}

// tailWriter keeps the end of what is written to it.
type tailWriter struct {
	mu  sync.Mutex
	end []byte
}

const tailBytes = 4 << 10

func (t *tailWriter) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if cut := len(t.end) - tailBytes; cut > 0 {
		t.end = bytes.Clone(t.end[cut:])
	}
	return len(b), nil
}

func (t *tailWriter) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimRight(string(t.end), "\n")
	if text == "" {
		return nil
	}
	all := strings.Split(text, "\n")
	return all[max(0, len(all)-lines.Last):]
}
