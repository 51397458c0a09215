package sandbox

import (
	"context"
	"os"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// start starts the first process and records it.
func (u *upper) start(ctx context.Context, p *prepared) error {
	begin := time.Now()
	dir := u.engine.store.Sandbox(p.spec.ID)
	if err := os.MkdirAll(dir.FS(), 0o700); err != nil {
		return err
	}
	p.keep(dir)
	u.state.Spec = p.spec
	listener, err := listen(dir.Socket())
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if err := u.engine.keepPassed(p.spec); err != nil {
		return err
	}
	log, err := os.OpenFile(dir.Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	if p.network, err = planNetwork(p.spec, u.emit); err != nil {
		return err
	}
	if p.network != nil {
		p.network.log, p.network.config.Socket = log, dir.Monitor()
		if err := p.network.logEgress(dir.Egress()); err != nil {
			return err
		}
	}
	defer keepThread()()
	r, err := u.engine.startAny(p, func() error { return u.copyRoot(ctx, p, dir) },
		func(d rootfs.Driver) (*running, error) { return p.startNet(d, nil, listener, log) }, u.emit)
	p.kept.begun()
	if err != nil {
		return err
	}
	defer func() { _ = r.control.Close() }()
	// A caller that lives on is its parent still, and is not to keep it as a zombie.
	go func() { _, _ = r.process.Wait() }()
	if err := u.recordMonitor(r.network); err != nil {
		return err
	}
	u.state.Cgroup = p.group
	if err := u.record(r.process.PID); err != nil {
		return err
	}
	// From here on it lives without us.
	if err := r.control.Send(wire.Detach, wire.Empty{}); err != nil {
		return lost(err)
	}
	if _, err := receive(r.control, wire.Detached); err != nil {
		return err
	}
	u.emit(spec.Event{Kind: "sandbox", Name: p.spec.Name, State: "ok", Elapsed: time.Since(begin)})
	return nil
}

func (u *upper) record(pid int) error {
	var err error
	st := &u.state
	st.PID, st.Down, st.HooksRun, st.Started = pid, false, false, time.Now()
	st.Probed, st.UserEnv = "", nil
	st.Rest, st.RestFailed = store.Process{}, ""
	u.forgetStart()
	if st.StartTime, err = store.ProcessStartTime(pid); err != nil {
		return err
	}
	if st.BootID, err = store.BootID(); err != nil {
		return err
	}
	return u.engine.store.WriteState(st.Spec.ID, *st)
}

// copyRoot makes, once, the copy that a sandbox without any overlay works on.
func (u *upper) copyRoot(ctx context.Context, p *prepared, dir store.Dir) error {
	p.at.whole = dir.Root()
	if _, err := os.Lstat(dir.Root()); err == nil {
		return nil
	}
	return job.Do(ctx, job.Job{Copy: &job.Copy{From: p.at.lower, To: dir.Root()}}, p.ids, nil, nil)
}
