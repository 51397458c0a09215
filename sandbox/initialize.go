package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/lines"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// initialize runs on the host what the user has agreed to, in the project: at each
// up, before anything else. Its commands run side by side.
func (u *upper) initialize(ctx context.Context, s spec.Spec) error {
	list := s.Hooks.Initialize
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, h := range list {
		wg.Go(func() { errs[i] = u.onHost(ctx, h, s.Project) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// onHost runs one command to its end, or to that of ctx: then its process group is killed.
func (u *upper) onHost(ctx context.Context, h spec.Hook, dir string) error {
	begin := time.Now()
	u.emit(spec.Event{Kind: "hook", Name: h.Name, State: "start", Detail: "on this host"})
	var tail lines.Tail
	said := &lines.Writer{Say: func(line string) {
		tail.Add(line)
		u.emit(spec.Event{Kind: "output", Name: h.Name, Detail: line})
	}}
	out := &lockedWriter{w: said}
	c := exec.CommandContext(ctx, h.Args[0], h.Args[1:]...)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, os.Environ(), out, io.Writer(out)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = outputGrace // something it left behind may hold its output
	err := c.Run()
	said.End()
	var exit *exec.ExitError
	failed := &HookError{Name: h.Name, Tail: tail.Lines}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		u.emit(spec.Event{Kind: "hook", Name: h.Name, State: "ok", Elapsed: time.Since(begin)})
		return nil
	case errors.As(err, &exit) && exit.Exited():
		failed.Code = exit.ExitCode()
	case errors.As(err, &exit):
		if status, ok := exit.Sys().(syscall.WaitStatus); ok {
			failed.Code, failed.Signal = 128+int(status.Signal()), int(status.Signal())
		}
	default:
		failed.Code, failed.Err = 127, err
	}
	u.emit(spec.Event{Kind: "hook", Name: h.Name, State: "failed", Elapsed: time.Since(begin), Detail: failed.why()})
	return failed
}
