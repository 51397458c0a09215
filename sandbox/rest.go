package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Hooks after that of waitFor are run by a process of their own, the rest, when up
// has ended:
//
//	up                                 rest
//	starts it                    -->   waits for the sandbox's lock
//	names it in the state
//	lets go of the lock          -->   goes on with what is due, noting each in the state
//
// It ends with SIGKILL too: what it runs inside ends with its connection. Who is to
// end the sandbox ends it first, since it holds the lock.
const restRole = "sandbox-hooks"

// leave reports whether what comes after the hook is left to the rest.
func (u *upper) leave(after string) bool {
	s := u.state.Spec
	return s.Dev != nil && s.Dev.WaitFor == after && !u.options.Wait && u.state.RestFailed == "" && len(due(u.state)) > 0
}

// startRest starts it; the caller holds the lock.
func (u *upper) startRest(log *os.File) error {
	id := u.state.Spec.ID
	cmd := exec.Command("/proc/self/exe", id, u.engine.places.DataDir, u.engine.places.RuntimeDir)
	cmd.Args[0] = restRole
	cmd.Dir = "/"
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start hooks in the background: %w", err)
	}
	started, err := store.ProcessStartTime(cmd.Process.Pid)
	go func() { _ = cmd.Wait() }() // no zombie where the starter lives on
	if err != nil {
		return err
	}
	u.state.Rest = store.Process{PID: cmd.Process.Pid, StartTime: started}
	return u.engine.store.WriteState(id, u.state)
}

// playRest is the process's own part.
func playRest(args []string) int {
	if len(args) != 3 {
		return 1
	}
	e, err := Open(Options{DataDir: args[1], RuntimeDir: args[2]})
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		defer stop()
		err = e.rest(ctx, args[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err) // the sandbox's log
		return 1
	}
	return 0
}

// rest runs what is due, and notes the failure that ends it.
func (e *Engine) rest(ctx context.Context, id string) error {
	unlock, err := e.store.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	st, err := e.store.ReadState(id)
	if err != nil || !st.Alive() || st.Rest.PID != os.Getpid() {
		return notFound(err) // another up was first, or a down
	}
	u := &upper{engine: e, emit: func(spec.Event) {}, options: UpOptions{Wait: true}, state: st}
	err = u.hooks(ctx)
	if err != nil && ctx.Err() == nil {
		u.state.RestFailed = err.Error()
	}
	u.state.Rest = store.Process{}
	return errors.Join(err, e.store.WriteState(id, u.state))
}

// endRest ends the process before something that takes the lock from it.
func (e *Engine) endRest(id string) error {
	st, err := e.store.ReadState(id)
	if err != nil || !st.RestAlive() {
		return nil // what is wrong with the state meets the caller again
	}
	return userns.KillWait(st.Rest.PID, endGrace)
}

// awaitRest waits until the hooks in the background have ended.
func (e *Engine) awaitRest(ctx context.Context, id string, emit func(spec.Event)) error {
	st, err := e.store.ReadState(id)
	if err != nil || !st.RestAlive() {
		return nil // as above
	}
	emit(spec.Event{Kind: "note", Name: "waits", Detail: "for the hooks in the background: " + strings.Join(background(st), ", ")})
	for ctx.Err() == nil {
		if gone, err := userns.WaitGone(st.Rest.PID, 100*time.Millisecond); gone || err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// leftAlone: nothing is to be done but by the rest, which is at it.
func leftAlone(st store.State, s spec.Spec, o UpOptions) bool {
	return !o.Wait && !o.Rebuild && st.RestAlive() && st.Alive() && !st.Down && len(changes(st.Spec, s)) == 0
}

// background names the hooks that the rest has before it.
func background(st store.State) []string {
	var names []string
	for _, h := range due(st) {
		name, _, _ := strings.Cut(h.Name, "@")
		name, _, _ = strings.Cut(name, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
