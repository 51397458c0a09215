package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/cgroup"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Down ends the sandbox's processes: TERM, then KILL after timeout. It reports
// whether there was anything to end; ErrNotFound.
func (e *Engine) Down(ctx context.Context, id string, timeout time.Duration) (bool, error) {
	if _, err := e.store.ReadState(id); err != nil {
		return false, notFound(err) // before the lock, which would make its directory
	}
	if err := e.endRest(id); err != nil {
		return false, err
	}
	unlock, err := e.store.Lock(ctx, id)
	if err != nil {
		return false, err
	}
	defer unlock()
	st, err := e.store.ReadState(id)
	if err != nil {
		return false, notFound(err)
	}
	alive := st.Alive()
	if alive {
		if err := e.end(ctx, id, st, timeout); err != nil {
			return true, err
		}
	}
	if st.Down {
		return alive, nil
	}
	st.Down = true
	return alive, e.store.WriteState(id, st)
}

// endGrace is how long the kernel may take to end what was killed.
const endGrace = 10 * time.Second

// end asks the agent to stop everything, and kills it when it does not answer in time.
func (e *Engine) end(ctx context.Context, id string, st store.State, timeout time.Duration) error {
	if c, err := e.dial(id); err == nil {
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			if c.Send(wire.Stop, wire.StopBody{Version: wire.Version, Timeout: timeout}) == nil {
				_, _ = receive(c, wire.Stopped)
			}
		}()
		select {
		case <-stopped:
		case <-time.After(timeout + time.Second):
		case <-ctx.Done():
		}
		_ = c.Close()
		if gone, err := userns.WaitGone(st.PID, time.Second); err != nil || gone {
			ungroup(st)
			return errors.Join(err, endMonitor(st))
		}
	}
	if st.Alive() {
		if err := userns.KillWait(st.PID, endGrace); err != nil {
			return errors.Join(err, endMonitor(st))
		}
	}
	ungroup(st)
	return endMonitor(st)
}

// endMonitor waits for the monitor, which ends with the sandbox: then its ports are free.
func endMonitor(st store.State) error {
	if !st.MonitorAlive() {
		return nil
	}
	if gone, err := userns.WaitGone(st.Monitor.PID, monitorGrace); gone || err != nil {
		return err
	}
	return userns.KillWait(st.Monitor.PID, endGrace)
}

// ungroup removes an empty control group. One that stays does no harm: the next
// start uses it.
func ungroup(st store.State) {
	if st.Cgroup != "" {
		_ = cgroup.Remove(st.Cgroup)
	}
}

// monitorGrace is how long a monitor may take to notice that its sandbox ended.
const monitorGrace = 3 * time.Second

// notFound gives a missing state its name.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}
