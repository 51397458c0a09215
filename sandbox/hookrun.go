package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/lines"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// HookError: a hook ended with a failure, or could not be started.
type HookError struct {
	Name   string
	Code   int
	Signal int      // that ended it; 0 for none
	Err    error    // why it could not be started
	Tail   []string // its last lines of output
}

func (e *HookError) Error() string { return "hook " + e.Name + ": " + e.why() }

func (e *HookError) why() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Signal != 0:
		return fmt.Sprintf("ended by signal %d", e.Signal)
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

func (e *HookError) Unwrap() error { return e.Err }

// all runs the commands of one hook, those of a stage side by side, and waits for all;
// a failure is the last stage. done, which may be nil, is called for each that went well.
func (r *hookRunner) all(ctx context.Context, list []spec.Hook, done func(spec.Hook) error) error {
	r.log = &lockedWriter{w: r.log}
	for _, stage := range stages(list) {
		if err := r.together(ctx, stage, done); err != nil {
			return err
		}
	}
	return nil
}

// together runs commands side by side and waits for all.
func (r *hookRunner) together(ctx context.Context, list []spec.Hook, done func(spec.Hook) error) error {
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i, h := range list {
		wg.Go(func() {
			if errs[i] = r.run(ctx, h); errs[i] == nil && done != nil {
				errs[i] = done(h)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// outputGrace is how long output is waited for once the command has ended:
// something that it left behind may hold it open for ever.
const outputGrace = 300 * time.Millisecond

// run runs one command to its end, which is that of ctx at the latest: then its
// whole session is killed. What it prints goes to the log, and as events, line by
// line, to whoever watches.
func (r *hookRunner) run(ctx context.Context, h spec.Hook) error {
	begin := time.Now()
	r.emit(spec.Event{Kind: "hook", Name: h.Name, State: "start"})
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	var tail lines.Tail
	said := &lines.Writer{Say: func(line string) {
		_, _ = io.WriteString(r.log, logPrefix(h.Name)+line+"\n") // a full disk is no failure of the hook
		tail.Add(line)
		r.emit(spec.Event{Kind: "output", Name: h.Name, Detail: line})
	}}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(said, out)
		said.End()
	}()
	command := spec.Command{Args: h.Args, Root: h.Root, Hook: true}
	if h.Root {
		command.Dir = "/"
	}
	x, err := r.engine.Exec(ctx, r.id, command, Streams{Out: in, Err: in}, r.emit)
	_ = in.Close()
	select {
	case <-copied:
	case <-time.After(outputGrace):
		_ = out.SetReadDeadline(time.Now()) // ends the copying, not the reading
		<-copied
		r.engine.handOver(r.id, out)
	}
	failed := hookFailure(ctx, h.Name, x, err)
	var he *HookError
	switch {
	case errors.As(failed, &he):
		he.Tail = tail.Lines
		r.emit(spec.Event{Kind: "hook", Name: h.Name, State: "failed", Elapsed: time.Since(begin), Detail: he.why()})
	case failed == nil:
		r.emit(spec.Event{Kind: "hook", Name: h.Name, State: "ok", Elapsed: time.Since(begin)})
	}
	return failed
}

// hookFailure tells what the hook did from what was done to it.
func hookFailure(ctx context.Context, name string, x spec.Exit, err error) error {
	var command *CommandError
	switch {
	case ctx.Err() != nil && (err != nil || x.Code != 0):
		return ctx.Err()
	case errors.As(err, &command):
		return &HookError{Name: name, Code: command.Exit, Err: err}
	case err != nil:
		return err
	case x.Code != 0:
		return &HookError{Name: name, Code: x.Code, Signal: x.Signal}
	}
	return nil
}

// handOver has the sandbox itself read what a hook left in the background prints.
// Where that fails nobody reads it.
func (e *Engine) handOver(id string, out *os.File) {
	c, err := e.dial(id)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	defer time.AfterFunc(2*time.Second, func() { _ = c.Close() }).Stop()
	if c.Send(wire.Drain, wire.Empty{}, out) == nil {
		_, _ = receive(c, wire.Drained) // it has its own copy then
	}
}
