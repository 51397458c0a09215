package monitor

import (
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/netdriver"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// A helper that ends more often than this within that time is not started again.
const (
	maxRestarts   = 3
	restartWindow = time.Minute
)

// keep starts a helper and, when it ends and nobody ended it, starts it again.
func (m *Monitor) keep(start func() (*netdriver.Helper, error)) error {
	h, err := start()
	if err != nil {
		return err
	}
	m.tasks.Go(func() { m.guard(h, start) })
	return nil
}

// guard has the helper until the monitor ends.
func (m *Monitor) guard(h *netdriver.Helper, start func() (*netdriver.Helper, error)) {
	driver := h.Driver
	var restarts []time.Time
	for {
		select {
		case <-m.ending:
			h.Close()
			return
		case <-h.Done():
		}
		if !m.sandboxLives() {
			return // it ended for want of a network
		}
		ended := h.Err()
		restarts = append(recent(restarts), time.Now())
		if len(restarts) > maxRestarts {
			m.lose(driver, ended)
			return
		}
		var err error
		if h, err = start(); err != nil {
			m.lose(driver, ended)
			return
		}
		m.emit(spec.Event{Kind: "network", Name: h.Driver, State: "ok", Detail: "started again: " + ended.Error()})
	}
}

// sandboxLives: the number of its first process may be another's by now.
func (m *Monitor) sandboxLives() bool {
	started, err := store.ProcessStartTime(m.config.PID)
	return err == nil && started == m.config.StartTime
}

func recent(all []time.Time) []time.Time {
	var out []time.Time
	for _, t := range all {
		if time.Since(t) < restartWindow {
			out = append(out, t)
		}
	}
	return out
}

// lose tells that the network is gone, unless the sandbox is, too.
func (m *Monitor) lose(driver string, why error) {
	select {
	case <-m.ending:
		return
	default:
	}
	m.mu.Lock()
	m.lost = why.Error()
	m.mu.Unlock()
	m.emit(spec.Event{Kind: "network", Name: driver, State: "failed", Detail: why.Error()})
}
