package sandbox

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/cgroup"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Pristine is any number of runs that start from the same: what is looked up for
// them is looked up once. Its methods may be called from several goroutines.
type Pristine struct {
	engine *Engine
	shared *prepared
	cpus   []int
	emit   func(spec.Event)
}

// PristineRun is one of them.
type PristineRun struct {
	Command spec.Command
	Streams Streams
	// Timeout is how long the command may take, 0 for as long as it wants. It gets SIGQUIT then,
	// which has many programs print their stacks, and SIGKILL after Grace.
	Timeout, Grace time.Duration
	// Kept, if any, is where what is written goes to.
	Kept *KeptRun
	// Artifacts are patterns of files, relative to the project, that Take is handed when the run has ended.
	Artifacts []string
	Take      func(Artifacts) error
	// Ahead, if any, begins the next run of this goroutine while this one's command runs.
	Ahead func()
}

// PristineExit is how a run ended.
type PristineExit struct {
	spec.Exit
	TimedOut bool
	// Processes are those that ran when the time was over, a line each, below those that started them.
	Processes []string
	// Start is how long it took until the command ran, and Elapsed how long the command did.
	Start, Elapsed time.Duration
}

// Pristine prepares runs of a specification that PristineSpec made. Close must be called.
func (e *Engine) Pristine(ctx context.Context, s spec.Spec, o PristineOptions, emit func(spec.Event)) (*Pristine, error) {
	emit = oneAtATime(orNothing(emit))
	p, err := e.prepare(ctx, s, emit)
	if err != nil {
		return nil, err
	}
	if p.secrets, err = readSecrets(ctx, s.Secrets, s.Project); err != nil {
		p.release()
		return nil, err
	}
	p.git.settings = "" // those of the caller
	p.git.watch = nil
	umask := cmp.Or(o.Umask, pristineUmask)
	p.pristine, p.umask = true, &umask
	return &Pristine{engine: e, shared: p, cpus: o.CPUs, emit: emit}, nil
}

// Spec is the specification with what was found: the image's digest, its user.
func (x *Pristine) Spec() spec.Spec { return x.shared.spec }

// Close lets go of the image's layers.
func (x *Pristine) Close() { x.shared.release() }

// Run runs one command. The calling goroutine is locked to its thread meanwhile; one that gives
// Streams.Early is so from before that on.
func (x *Pristine) Run(ctx context.Context, r PristineRun) (out PristineExit, err error) {
	p := *x.shared
	p.noRoot = !r.Command.Root && r.Command.User == "" && len(p.spec.Services) == 0
	logs, undo, err := x.place(&p, r)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, undo()) }()
	if p.network, err = planNetwork(p.spec, x.emit); err != nil {
		return out, err
	}
	req, err := newRequest(underPassed(p.spec.PassEnv, r.Command), r.Streams)
	if err != nil {
		return out, err
	}
	defer req.close()
	req.pristine = true
	defer keepThread()()
	if len(x.cpus) > 0 {
		req.streams.Early = nil // it may run anywhere
		restore, err := userns.PinThread(x.cpus)
		if err != nil {
			return out, err
		}
		defer restore()
	}
	out, err = x.carryOut(ctx, &p, req, r, logs)
	if err == nil && r.Take != nil {
		err = r.Take(Artifacts{dir: p.at.wsUpper, within: p.spec.Project, patterns: r.Artifacts, below: projectIn(p.spec)})
	}
	return out, err
}

// carryOut starts the sandbox with its services and stays with the command.
func (x *Pristine) carryOut(ctx context.Context, p *prepared, req *request, r PristineRun, logs store.Dir) (out PristineExit, err error) {
	begin := time.Now()
	var copied func() error
	first := req
	if len(p.spec.Services) > 0 {
		first = nil // they come before the command
	}
	started, err := x.engine.startAny(p, func() error {
		copied, err = x.engine.copyForRun(ctx, p)
		return err
	}, func(d rootfs.Driver) (*running, error) { return p.startNet(d, first, nil, nil) }, x.emit)
	if copied != nil {
		defer func() { err = errors.Join(err, copied()) }()
	}
	if err != nil {
		return out, err
	}
	if r.Ahead != nil {
		r.Ahead()
	}
	if first == nil {
		if err := setServices(ctx, started.control, p.spec, logs, x.emit); err != nil {
			return out, errors.Join(err, x.finish(p, started, false))
		}
		req.send(started.control)
	}
	out.Start = time.Since(begin)
	begin = time.Now()
	limited, end := limitTime(ctx, r, &req.streams, func() []string { return processTree(started.process.PID) })
	out.Exit, err = req.stay(limited, started.control, x.emit)
	out.Elapsed = time.Since(begin)
	if out.Processes, out.TimedOut = end(); out.TimedOut {
		err = ctx.Err() // it was ended, which is no error of ours
	}
	return out, errors.Join(err, x.finish(p, started, req.alone && copied == nil && p.at.wsUpper == "" && err == nil))
}

// finish ends what is left of the sandbox.
func (x *Pristine) finish(p *prepared, r *running, alone bool) error {
	_ = r.control.Close()
	r.network.end()
	if alone && p.group == "" && x.engine.adopted(r.process.PID) {
		go x.engine.waitLater(r.process)
		return nil
	}
	r.process.Kill()
	_, err := r.process.Wait()
	if p.group != "" {
		_ = cgroup.Remove(p.group)
	}
	return err
}

// place decides where what is written lies: in memory, unless somebody wants it afterwards. logs is the place of
// what services print.
func (x *Pristine) place(p *prepared, r PristineRun) (logs store.Dir, undo func() error, err error) {
	undo = func() error { return nil }
	if r.Kept != nil {
		if err := os.MkdirAll(r.Kept.dir.FS(), 0o700); err != nil {
			return logs, nil, err
		}
		p.keep(r.Kept.dir)
		return r.Kept.dir, undo, nil
	}
	if len(r.Artifacts) == 0 && len(p.spec.Services) == 0 {
		return logs, undo, nil
	}
	dir, done, err := x.engine.store.Temp("test")
	if err != nil {
		return logs, nil, err
	}
	undo = func() error {
		defer done()
		return local.Discard(dir, p.ids)
	}
	if err := os.MkdirAll(dir.FS(), 0o700); err != nil {
		return logs, nil, errors.Join(err, undo())
	}
	if len(r.Artifacts) > 0 {
		p.at.wsUpper, p.at.wsWork = filepath.Join(dir.FS(), "project-upper"), filepath.Join(dir.FS(), "project-work")
	}
	return dir, undo, nil
}

// projectIn is where the project is below the top directory of what is shown.
func projectIn(s spec.Spec) string {
	rel, err := filepath.Rel(s.Workspace.Target, s.Start())
	if err != nil || !filepath.IsLocal(rel) {
		return "."
	}
	return rel
}
