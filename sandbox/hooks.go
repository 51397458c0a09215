package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// due lists the commands that have not run yet as they are now. A command is due
// again when it reads otherwise; one of update also when the project's
// configuration or the image did, and one of start at each start.
func due(st store.State) []spec.Hook {
	s := st.Spec
	list := append(pending(st, s.Hooks.Entry), pending(st, s.Hooks.Create)...)
	list = append(list, pending(st, s.Hooks.Update, s.Config, s.Image.Digest, s.Image.Layers)...)
	list = append(list, pending(st, s.Hooks.PostCreate)...)
	return append(list, pending(st, s.Hooks.Start)...)
}

// pending are those of one hook that have not run yet as they are now.
func pending(st store.State, list []spec.Hook, on ...any) []spec.Hook {
	return slices.DeleteFunc(slices.Clone(list), func(h spec.Hook) bool {
		return slices.Contains(st.HooksDone, mark(h, on...))
	})
}

// mark names a command that has run with what it depended on.
func mark(h spec.Hook, on ...any) string {
	text, err := json.Marshal([]any{h.Args, on})
	if err != nil { // strings and lists of them: there is none
		return h.Name
	}
	sum := sha256.Sum256(text)
	return h.Name + ":" + hex.EncodeToString(sum[:8])
}

// hooks runs what is due, in order. What has run is noted at once: the next up goes on
// with what failed. Where nobody waits for all of them, the rest of them is left to a
// process of its own.
func (u *upper) hooks(ctx context.Context) error {
	s := u.state.Spec
	if u.state.HooksRun && len(due(u.state)) == 0 && !probeDue(u.state) {
		return u.services(ctx)
	}
	log, err := os.OpenFile(u.engine.store.Sandbox(s.ID).Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	r := &hookRunner{engine: u.engine, id: s.ID, log: log, emit: u.emit}
	for _, step := range u.steps(r) {
		if err := step.run(ctx); err != nil {
			return err
		}
		if step.hook != "" && u.leave(step.hook) {
			return u.startRest(log)
		}
	}
	u.state.HooksRun, u.state.RestFailed = true, ""
	return u.engine.store.WriteState(s.ID, u.state)
}

// step is one part of what follows a start.
type step struct {
	hook string // of a devcontainer.json, which waitFor may name
	run  func(context.Context) error
}

// steps are in the order of the dev container specification. Services of containers'
// making are there before the first hook, those of our own files when all is installed
// that they may need.
func (u *upper) steps(r *hookRunner) []step {
	h := u.state.Spec.Hooks
	once := func(list []spec.Hook, on ...any) func(context.Context) error {
		return func(ctx context.Context) error { return u.once(ctx, r, list, on...) }
	}
	s := u.state.Spec
	return []step{
		{"", u.probe},
		{"", func(ctx context.Context) error { return u.entrypoints(ctx, r, h.Entry) }},
		{"initializeCommand", u.earlyServices},
		{"onCreateCommand", once(h.Create)},
		{"updateContentCommand", once(h.Update, s.Config, s.Image.Digest, s.Image.Layers)},
		{"postCreateCommand", once(h.PostCreate)},
		{"", func(ctx context.Context) error { return u.installDotfiles(ctx, r) }},
		{"", u.services},
		{"postStartCommand", once(h.Start)},
	}
}

// once runs those of the list that have not run yet as they are now.
func (u *upper) once(ctx context.Context, r *hookRunner, list []spec.Hook, on ...any) error {
	var mu sync.Mutex
	return r.all(ctx, pending(u.state, list, on...), func(h spec.Hook) error {
		mu.Lock()
		defer mu.Unlock()
		u.done(h.Name, mark(h, on...))
		return u.engine.store.WriteState(u.state.Spec.ID, u.state)
	})
}

// forgetStart: the start hook is due at each start.
func (u *upper) forgetStart() {
	u.state.HooksDone = slices.DeleteFunc(u.state.HooksDone, func(done string) bool {
		return strings.HasPrefix(done, "start:") || strings.HasPrefix(done, "start.") ||
			strings.HasPrefix(done, "start@") || strings.HasPrefix(done, entryPrefix)
	})
}

// done notes that a command has run, in place of what it was before.
func (u *upper) done(name, mark string) {
	u.state.HooksDone = slices.DeleteFunc(u.state.HooksDone, func(old string) bool {
		return strings.HasPrefix(old, name+":")
	})
	u.state.HooksDone = append(u.state.HooksDone, mark)
}

// Attach runs the attach hook of a running sandbox, for a shell that is about to
// open. Its error is a *HookError where the hook failed.
func (e *Engine) Attach(ctx context.Context, id string, emit func(spec.Event)) error {
	st, err := e.store.ReadState(id)
	if err != nil || len(st.Spec.Hooks.Attach) == 0 {
		return notFound(err)
	}
	emit = orNothing(emit)
	if err := e.awaitRest(ctx, id, emit); err != nil {
		return err
	}
	if st, err = e.store.ReadState(id); err != nil {
		return notFound(err)
	}
	if st.RestFailed != "" {
		emit(spec.Event{Kind: "note", Name: "attach", Detail: "not run: the hooks before it are not done"})
		return nil
	}
	log, err := os.OpenFile(e.store.Sandbox(id).Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	r := &hookRunner{engine: e, id: id, log: log, emit: emit}
	return errors.Join(r.all(ctx, st.Spec.Hooks.Attach, nil), log.Close())
}

// hookRunner runs commands of hooks in a running sandbox.
type hookRunner struct {
	engine *Engine
	id     string
	log    io.Writer
	emit   func(spec.Event)
}

// entrypoints runs those of features. One that fails is told, and ends nothing: so do other tools.
func (u *upper) entrypoints(ctx context.Context, r *hookRunner, list []spec.Hook) error {
	for _, h := range pending(u.state, list) {
		err := r.together(ctx, []spec.Hook{h}, nil)
		var failed *HookError
		if errors.As(err, &failed) && ctx.Err() == nil {
			u.emit(spec.Event{Kind: "degraded", Name: h.Name, Detail: failed.why() + ": " + strings.Join(failed.Tail, " / ")})
			err = nil
		}
		if err != nil {
			return err
		}
		u.done(h.Name, mark(h))
		if err := u.engine.store.WriteState(u.state.Spec.ID, u.state); err != nil {
			return err
		}
	}
	return nil
}
