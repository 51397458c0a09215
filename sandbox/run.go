package sandbox

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/cgroup"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Run runs one command in a sandbox of its own that is gone afterwards, with
// all its processes, also when the caller is killed. emit may be nil.
func (e *Engine) Run(ctx context.Context, s spec.Spec, c spec.Command, io Streams, emit func(spec.Event)) (x spec.Exit, err error) {
	defer func() { e.nameHolder(err) }()
	emit = oneAtATime(orNothing(emit))
	p, err := e.prepare(ctx, s, emit)
	if err != nil {
		return x, err
	}
	defer p.release()
	p.spec.Net.Ports = e.portsBeside(p.spec, emit)
	if p.network, err = planNetwork(p.spec, emit); err != nil {
		return x, err
	}
	if p.secrets, err = readSecrets(ctx, s.Secrets, s.Project); err != nil { // once it is certain that this program goes on
		return x, err
	}
	p.noRoot = !c.Root && c.User == ""
	req, err := newRequest(underPassed(s.PassEnv, c), io)
	if err != nil {
		return x, err
	}
	defer req.close()
	defer keepThread()()
	var undo func() error
	r, err := e.startAny(p, func() error {
		undo, err = e.copyForRun(ctx, p)
		return err
	}, func(d rootfs.Driver) (*running, error) { return p.startNet(d, req, nil, nil) }, emit)
	p.kept.begun()
	if undo != nil {
		defer func() { err = errors.Join(err, undo()) }()
	}
	if err != nil {
		return x, err
	}
	x, err = req.stay(ctx, r.control, emit)
	defer p.git.check(emit) // when nobody is left inside
	_ = r.control.Close()
	r.network.end()
	tellKilled(x, p.group, s.Limits, emit)
	if req.alone && undo == nil && err == nil && p.group == "" && e.adopted(r.process.PID) {
		// What is left to wait for is the kernel's taking apart of a process that has nothing to do any more: a
		// tenth of the whole run.
		go e.waitLater(r.process)
		return x, nil
	}
	if err != nil {
		r.process.Kill()
	}
	_, werr := r.process.Wait()
	if p.group != "" {
		_ = cgroup.Remove(p.group) // the next run sweeps what stays
	}
	return x, errors.Join(err, werr)
}

// adopted reports whether somebody waits for the child pid, which outlives this
// process by a moment. The first process of a container often does not, and
// every run would leave it a zombie.
func (e *Engine) adopted(pid int) bool { return !inContainer() || e.store.InitReaps(pid) }

// waitLater is for a caller that lives on.
func (e *Engine) waitLater(p *userns.Process) {
	_, _ = userns.WaitGone(p.PID, time.Minute)
	e.store.NotLeft(p.PID)
	_, _ = p.Wait()
}

func inContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Lstat(mark); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != "" || os.Getenv("container") != "" // systemd.io/CONTAINER_INTERFACE
}

// copyForRun makes the copy that a run without any overlay works on.
func (e *Engine) copyForRun(ctx context.Context, p *prepared) (undo func() error, err error) {
	dir, done, err := e.store.Temp("run")
	if err != nil {
		return nil, err
	}
	undo = func() error {
		defer done()
		return local.Discard(dir, p.ids)
	}
	if err := os.MkdirAll(dir.FS(), 0o700); err != nil {
		return undo, err
	}
	p.at.whole = dir.Root()
	j := job.Job{Copy: &job.Copy{From: p.at.lower, To: dir.Root()}}
	return undo, job.Do(ctx, j, p.ids, nil, nil)
}

// oneAtATime: the network has something to say at any moment.
func oneAtATime(emit func(spec.Event)) func(spec.Event) {
	var mu sync.Mutex
	return func(e spec.Event) {
		mu.Lock()
		defer mu.Unlock()
		emit(e)
	}
}

func orNothing(emit func(spec.Event)) func(spec.Event) {
	if emit == nil {
		return func(spec.Event) {}
	}
	return emit
}
