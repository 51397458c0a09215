package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// watchIn watches for a sandbox that runs.
func (a *app) watchIn(parent context.Context, e engine, info spec.Info, o watchFlags, rules []*watchRule) error {
	if info.Spec.Workspace.Mode == spec.WorkspaceNone {
		return usagef("the project is not in this sandbox: there is nothing to run on")
	}
	tell := &watchTeller{a: a, json: o.json, screen: ui.IsTerminal(a.Out), failed: map[string]bool{}}
	if info.Spec.Workspace.Mode == "overlay" {
		tell.note("workspace.mode is overlay: what is changed inside stays there and is not seen; only changes outside count")
	}
	var watched []watch.Rule
	for _, r := range rules {
		r.inside, r.inbox = info.Spec.Start(), newInbox()
		watched = append(watched, r.watched())
	}
	w, err := watch.Open(watch.Options{
		Root: info.Project, Rules: append(watched, ownFiles()), Poll: o.poll,
		Excludes: sandbox.GitExcludes(a.world.getenv), Notice: tell.notice,
	})
	if err != nil {
		return err
	}
	defer w.Close()
	tell.ready(rules, w.Dirs())
	ctx, stop := interruptible(parent)
	defer stop()
	ctx, end := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	if !o.json {
		var quiet func()
		quiet, tell.keys = a.typed(func(line string) { tell.key(line, rules, o.check, func(err error) { end(&watchEnd{err}) }) })
		defer quiet()
	}
	all.Go(func() { a.followServices(ctx, e, info.ID, tell.service) })
	for _, r := range rules {
		l := &watchLoop{rule: r, once: o.once, tell: tell, run: a.watchRunner(e, info.ID, r, tell, len(rules) > 1)}
		all.Go(func() { end(&watchEnd{l.toEnd(ctx)}) })
	}
	err = w.Run(ctx, func(b watch.Batch) {
		if b.Rule == len(rules) {
			tell.ownChanged(b)
			return
		}
		rules[b.Rule].inbox.put(b)
	})
	end(&watchEnd{err}) // the first end counts
	all.Wait()
	a.story.Aside(func() {}) // the last line said what is no longer so
	return endOfWatch(context.Cause(ctx))
}

// watchEnd is why the watching ended, where no signal ended it.
type watchEnd struct{ err error }

func (e *watchEnd) Error() string { return "the watching ended" }

// endOfWatch is what the program answers. Ctrl-C is how a watching ends.
func endOfWatch(cause error) error {
	var end *watchEnd
	if errors.As(cause, &end) {
		return end.err
	}
	var interrupted *interruptedError
	if errors.As(cause, &interrupted) && interrupted.signal == syscall.SIGINT {
		return nil
	}
	return cause
}

// toEnd follows a rule to its end: that of the one run with --once.
func (l *watchLoop) toEnd(ctx context.Context) error {
	how, err := l.follow(ctx)
	if err == nil {
		err = how.err
	}
	if err == nil {
		err = exitCode(how.Code).orNil()
	}
	return err
}

// ownFiles are the files that say what a sandbox is. git is told to ignore one of them.
func ownFiles() watch.Rule {
	return watch.Rule{Paths: []string{config.ProjectName, config.LocalName}, Ignore: []string{"!/" + config.LocalName}}
}

func (t *watchTeller) ownChanged(b watch.Batch) {
	if len(b.Changes) == 0 {
		return
	}
	how := ": sandbox up takes it; rules of watch count from the next sandbox watch on"
	if t.keys {
		how = ": u and Enter takes it"
	}
	t.note(b.Changes[0].Path + " changed" + how)
	t.waiting()
}

// notice says what happened to the watching.
func (t *watchTeller) notice(n watch.Notice) {
	switch n.Kind {
	case watch.Overflowed:
		t.note("more changed at once than the kernel keeps in mind: everything was looked through again")
	case watch.RootGone:
		t.note("the project's directory is gone; waiting for it")
	case watch.RootBack:
		t.note("the project's directory is another one now, which the sandbox does not see: sandbox down, then sandbox watch")
	case watch.Unreadable:
		t.note("not readable, and not watched: " + n.Path)
	}
}

// watchRunner runs the command of a rule inside, with its output where it belongs: as it is where one rule
// has the terminal or the pipe for itself, line by line with a name where it does not.
func (a *app) watchRunner(e engine, id string, r *watchRule, tell *watchTeller, several bool) func(spec.Command, <-chan time.Duration) (spec.Exit, error) {
	return func(c spec.Command, end <-chan time.Duration) (spec.Exit, error) {
		streams, done, err := a.watchStreams(r, tell, several)
		if err != nil {
			return spec.Exit{}, err
		}
		streams.End = end
		x, err := e.Exec(context.Background(), id, c, streams, a.besideChild)
		done()
		return x, err
	}
}

func (a *app) watchStreams(r *watchRule, tell *watchTeller, several bool) (s sandbox.Streams, done func(), err error) {
	if !several && !tell.json && !tell.screen {
		return sandbox.Streams{Out: a.Out, Err: a.Err}, func() {}, nil
	}
	var out io.Writer = a.Out
	ended := func() {}
	switch {
	case !several && !tell.json:
		beside := &ui.Beside{Story: a.story, W: a.Out}
		out, ended = beside, beside.End
	default:
		lines := &ui.LineWriter{Say: func(line string) { tell.output(r.name, line) }}
		out, ended = lines, lines.End
	}
	if tell.screen && !tell.json {
		screen, err := ui.NewScreen(a.Out, out)
		if err != nil {
			return s, nil, err
		}
		return sandbox.Streams{Out: screen.Out, Err: screen.Out}, func() { screen.Done(); ended() }, nil
	}
	read, write, err := os.Pipe()
	if err != nil {
		return s, nil, err
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(out, read)
		_ = read.Close()
	}()
	return sandbox.Streams{Out: write, Err: write}, func() {
		_ = write.Close()
		select {
		case <-copied:
		case <-time.After(leftBehind): // something that the command left behind holds it open
		}
		ended()
	}, nil
}

const leftBehind = 200 * time.Millisecond

// output is one line of a command, of several that run side by side.
func (t *watchTeller) output(rule, line string) {
	if t.json {
		t.emit(watchEvent{Event: "output", Rule: rule, Text: line})
		return
	}
	name := rule
	if t.screen {
		name, line = t.names[rule], ui.Colored(line)
	}
	t.a.story.Aside(func() { ui.Prefixed(t.a.Out, name, line) })
}
