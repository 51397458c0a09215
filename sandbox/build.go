package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// builder runs commands as root in a root file system that is being made: each
// in a sandbox of its own, without a project.
type builder struct {
	engine  *Engine
	at      layout
	ids     userns.IDMap
	mode    spec.IDMode
	network string
	mounts  []spec.Mount
	log     io.Writer // what the commands print
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

// run runs one command and waits for its end.
func (b *builder) run(ctx context.Context, args, env []string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	var tail tailWriter
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(io.MultiWriter(&tail, orDiscard(b.log)), r)
		_ = r.Close()
	}()
	x, err := b.start(ctx, spec.Command{Args: args, Env: env, Dir: "/", Root: true}, Streams{Out: w, Err: w})
	_ = w.Close()
	<-copied
	if err == nil && x.Code != 0 {
		err = &BuildError{Args: args, Exit: x, Last: tail.lines()}
	}
	return err
}

func (b *builder) start(ctx context.Context, c spec.Command, io Streams) (x spec.Exit, err error) {
	ids := b.ids
	if ids.Single() {
		ids = caller(b.mode).Map(0, 0) // the one id is root's here; on disk there is no difference
	}
	p := &prepared{at: b.at, ids: ids, bare: b.at.whole != "", spec: spec.Spec{
		Version: spec.Version, ID: "build", Name: "build", Hostname: "build", Ephemeral: true, IDs: b.mode,
		Image:   spec.Image{Kind: spec.ImageDir, Ref: "build"},
		User:    spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"},
		Network: b.network, Mounts: b.mounts,
	}}
	req, err := newRequest(c, io)
	if err != nil {
		return x, err
	}
	defer req.close()
	defer keepThread()()
	if p.network, err = planNetwork(p.spec, b.emit); err != nil {
		return x, err
	}
	begin := func(d rootfs.Driver) (*running, error) { return p.startNet(d, req, nil, nil) }
	var r *running
	if b.at.whole != "" {
		r, err = begin(rootfs.Copy)
	} else {
		r, err = b.engine.startAny(p, func() error { return errors.New("a build needs an overlay") }, begin, b.emit)
	}
	if err != nil {
		return x, err
	}
	x, err = req.stay(ctx, r.control, b.emit)
	_ = r.control.Close()
	r.network.end()
	if err != nil {
		r.process.Kill()
	}
	_, werr := r.process.Wait()
	return x, errors.Join(err, werr)
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
