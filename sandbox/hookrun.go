package sandbox

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// all runs the commands of one hook side by side and waits for all. done, which
// may be nil, is called for each that went well.
func (r *hookRunner) all(ctx context.Context, list []spec.Hook, done func(spec.Hook) error) error {
	r.log = &lockedWriter{w: r.log}
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

// run runs one command. What it prints goes to the log, and as events, line by
// line, to whoever watches.
func (r *hookRunner) run(ctx context.Context, h spec.Hook) error {
	begin := time.Now()
	r.emit(spec.Event{Kind: "hook", Name: h.Name, State: "start"})
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	lines := &lineWriter{say: func(line string) { r.emit(spec.Event{Kind: "output", Name: h.Name, Detail: line}) }}
	var tail tailWriter
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(io.MultiWriter(r.log, lines, &tail), out)
	}()
	x, err := r.engine.Exec(ctx, r.id, spec.Command{Args: h.Args}, Streams{Out: in, Err: in}, r.emit)
	_ = in.Close()
	select {
	case <-copied:
		lines.end()
	case <-time.After(time.Second): // something it left behind still holds its output
	}
	_ = out.Close()
	if err != nil {
		return err
	}
	if x.Code != 0 {
		r.emit(spec.Event{Kind: "hook", Name: h.Name, State: "failed", Elapsed: time.Since(begin)})
		return &HookError{Name: h.Name, Code: x.Code, Tail: tail.lines()}
	}
	r.emit(spec.Event{Kind: "hook", Name: h.Name, State: "ok", Elapsed: time.Since(begin)})
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

// lineWriter says what is written to it line by line. A carriage return ends a
// line too: that is how progress is shown.
type lineWriter struct {
	say  func(string)
	rest []byte
}

const maxLine = 4 << 10 // a longer one is broken

func (l *lineWriter) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		i := bytes.IndexAny(l.rest, "\r\n")
		if i < 0 && len(l.rest) < maxLine {
			return len(b), nil
		}
		line, rest := l.rest, []byte(nil)
		if i >= 0 {
			line, rest = l.rest[:i], l.rest[i+1:]
		}
		if len(line) > 0 {
			l.say(string(line))
		}
		l.rest = bytes.Clone(rest)
	}
}

// end says what has no end of line.
func (l *lineWriter) end() {
	if len(l.rest) > 0 {
		l.say(string(l.rest))
	}
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
