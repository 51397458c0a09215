package sandbox

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// hooks runs what is due: create once per sandbox, start each time.
func (u *upper) hooks(ctx context.Context) error {
	s := u.state.Spec
	log, err := os.OpenFile(u.engine.store.Sandbox(s.ID).Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	out := io.Writer(log)
	if u.options.Output != nil {
		out = io.MultiWriter(log, u.options.Output)
	}
	if !slices.Contains(u.state.HooksDone, "create") {
		if err := u.runHooks(ctx, s.Hooks.Create, out); err != nil {
			return err
		}
		u.state.HooksDone = append(u.state.HooksDone, "create")
	}
	if err := u.installDotfiles(ctx, out); err != nil {
		return err
	}
	if err := u.runHooks(ctx, s.Hooks.Start, out); err != nil {
		return err
	}
	u.state.HooksRun = true
	return u.engine.store.WriteState(s.ID, u.state)
}

// runHooks runs the commands of one hook at once and waits for all.
func (u *upper) runHooks(ctx context.Context, list []spec.Hook, out io.Writer) error {
	out = &lockedWriter{w: out}
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, h := range list {
		wg.Go(func() { errs[i] = u.runHook(ctx, h, out) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *upper) runHook(ctx context.Context, h spec.Hook, out io.Writer) error {
	begin := time.Now()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	var tail tailWriter
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(io.MultiWriter(out, &tail), r)
	}()
	x, err := u.engine.Exec(ctx, u.state.Spec.ID, spec.Command{Args: h.Args}, Streams{Out: w, Err: w}, u.emit)
	_ = w.Close()
	select {
	case <-copied:
	case <-time.After(time.Second): // something it left behind still holds its output
	}
	_ = r.Close()
	if err != nil {
		return err
	}
	if x.Code != 0 {
		u.emit(spec.Event{Kind: "hook", Name: h.Name, State: "failed", Elapsed: time.Since(begin)})
		return &HookError{Name: h.Name, Code: x.Code, Tail: tail.lines()}
	}
	u.emit(spec.Event{Kind: "hook", Name: h.Name, State: "ok", Elapsed: time.Since(begin)})
	return nil
}

// lockedWriter lets several hooks write at once.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// tailWriter keeps the end of what is written to it.
type tailWriter struct {
	mu  sync.Mutex
	end []byte
}

const (
	tailBytes = 4 << 10
	tailLines = 10
)

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
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-tailLines):]
}
