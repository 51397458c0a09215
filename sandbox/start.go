package sandbox

import (
	"errors"
	"os"
	"runtime"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/carried"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// running is a sandbox whose first process was started here.
type running struct {
	process *userns.Process
	control *wire.Conn
	network *attachment // nil without one
}

// start starts the first process and returns when the sandbox is built. The
// calling goroutine is locked to its thread: the process dies with it until it
// is told to live on. first, if any, is a command that it finds waiting.
func start(p *prepared, d rootfs.Driver, first *request, listener, log *os.File) (*running, error) {
	l, err := p.launch(d)
	if err != nil {
		return nil, err
	}
	if n := l.Limits.NProc; n > 0 {
		l.Limits.Present = present(os.Getuid())
	}
	if err := os.Mkdir(p.at.staging, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	attached, err := p.attach()
	if err != nil {
		return nil, err
	}
	if first != nil && fitsEarly(p.spec) {
		packed, err := userns.Pack(l)
		if err != nil {
			attached.discard()
			return nil, err
		}
		if spawned, control := first.streams.Early.Take(); spawned != nil {
			spawned.Networked = attached.networked()
			return finish(control, first, attached, func() (*userns.Process, error) { return p.launchLimited(spawned, packed) })
		}
	}
	control, theirs, err := wire.Pair()
	if err != nil {
		attached.discard()
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	stdio := userns.Stdio{Out: log, Err: log, Extra: []*os.File{theirs}, Detach: listener != nil, Exe: carried.Agent(), Networked: attached.networked()}
	if log == nil {
		stdio.Err = os.Stderr // what the first process has to complain about
	}
	if listener != nil {
		stdio.Extra = append(stdio.Extra, listener)
	}
	return finish(control, first, attached, func() (*userns.Process, error) {
		packed, err := userns.Pack(l)
		if err != nil {
			return nil, err
		}
		spawned, err := userns.Spawn(agent.Role, l, stdio)
		if err != nil {
			return nil, err
		}
		return p.launchLimited(spawned, packed)
	})
}

// fitsEarly: a process that was cloned before this was known has a network of its own, and no limit.
func fitsEarly(s spec.Spec) bool { return s.Network != "host" && s.Limits.PIDs == 0 }

// finish sends the first command ahead and starts the process. Where there is a
// network to attach, the command is sent when that works.
func finish(control *wire.Conn, first *request, net *attachment, begin func() (*userns.Process, error)) (*running, error) {
	if first != nil && net == nil {
		first.send(control)
	}
	if err := net.send(control); err != nil {
		net.discard()
		_ = control.Close()
		return nil, err
	}
	process, err := begin()
	if err != nil {
		net.end()
		_ = control.Close()
		return nil, err
	}
	if err := net.wait(process.PID); err != nil {
		process.Kill()
		_, _ = process.Wait()
		_ = control.Close()
		return nil, err
	}
	if first != nil && net != nil {
		first.send(control)
	}
	return &running{process, control, net}, nil
}

// startAny tries the storage drivers in order until one works here.
func (e *Engine) startAny(p *prepared, prepareCopy func() error, begin func(rootfs.Driver) (*running, error), emit func(spec.Event)) (*running, error) {
	drivers := []rootfs.Driver{rootfs.Overlay}
	if p.spec.Image.Kind != spec.ImageHost {
		drivers, _ = rootfs.Drivers(e.driver) // checked when the engine was opened
	}
	var first error
	for _, d := range drivers {
		if d == rootfs.Copy {
			if err := prepareCopy(); err != nil {
				return nil, err
			}
		}
		r, err := begin(d)
		if err == nil {
			degrade(emit, d, first, r.process.Degraded)
			return r, nil
		}
		var ue *userns.Error
		if !errors.As(err, &ue) || ue.Needs != userns.NeedsOverlay {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// degrade tells what this host did not give.
func degrade(emit func(spec.Event), d rootfs.Driver, instead error, list []userns.Degradation) {
	if instead != nil {
		emit(spec.Event{Kind: "degraded", Name: "storage", Detail: string(d) + " instead of overlay: " + instead.Error()})
	}
	for _, g := range list {
		emit(spec.Event{Kind: "degraded", Name: g.What, Detail: g.Why})
	}
}

// keepThread locks the goroutine to its thread until release.
func keepThread() (release func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}
