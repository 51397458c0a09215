package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// Bounds of what a user's shell is asked for.
const (
	probeTimeout = 10 * time.Second
	probeBytes   = 1 << 20
)

// commandsEnv is the environment of commands: the sandbox's own, over it what the
// user's shell sets, over that remoteEnv of a devcontainer.json.
func commandsEnv(s spec.Spec, own, probed []string) []string {
	if s.Dev == nil {
		return own
	}
	all := map[string]string{}
	for _, kv := range slices.Concat(own, probed) {
		name, value, _ := strings.Cut(kv, "=")
		all[name] = value
	}
	lookup := func(name string) (string, bool) { return containerVariable(s, own, name) }
	for name, value := range s.Dev.RemoteEnv {
		if value == nil {
			delete(all, name)
			continue
		}
		all[name] = devcontainer.ContainerText(*value, lookup)
	}
	out := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, name+"="+all[name])
	}
	return out
}

// containerVariable is what ${containerEnv:NAME} stands for.
func containerVariable(s spec.Spec, env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env[i], name+"="); ok {
			return value, true
		}
	}
	switch name {
	case "PATH":
		return agent.DefaultPath, true
	case "HOME":
		return s.User.Home, true
	case "USER", "LOGNAME":
		return s.User.Name, true
	}
	return "", false
}

// probe asks the user's shell, once a start, what it sets for the user, and gives
// that to all commands from now on. A shell that fails or hangs is told, and costs
// nobody the sandbox.
func (u *upper) probe(ctx context.Context) error {
	s := u.state.Spec
	if !probeDue(u.state) {
		return nil
	}
	old := u.state.UserEnv
	if len(old) > 0 { // the answer to another question is not to be a part of this one's
		if err := u.engine.setEnv(s, s, old, nil); err != nil {
			return err
		}
	}
	env, why := u.askShell(ctx, s)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if why != "" {
		u.emit(spec.Event{Kind: "degraded", Name: "userEnvProbe", Detail: why})
	}
	u.state.Probed, u.state.UserEnv = s.Dev.Probe, env
	if err := u.engine.setEnv(s, s, slices.Concat(old, env), env); err != nil {
		return err
	}
	return u.engine.store.WriteState(s.ID, u.state)
}

// askShell runs the shell as somebody who logs in does, or opens a terminal.
func (u *upper) askShell(ctx context.Context, s spec.Spec) (env []string, why string) {
	if s.Dev.Probe == spec.ProbeNone {
		return nil, ""
	}
	limit, stop := context.WithTimeout(ctx, probeTimeout)
	defer stop()
	flags := map[string]string{spec.ProbeLogin: "-lc", spec.ProbeLoginInteractive: "-lic", spec.ProbeInteractive: "-ic"}[s.Dev.Probe]
	// The mark tells the environment from what the files of the shell print.
	const mark = "sandbox-environment:"
	script := `s=$SHELL; [ -x "$s" ] || s=/bin/sh; exec "$s" ` + flags + ` 'printf %s ` + mark + `; cat /proc/self/environ'`
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err.Error()
	}
	defer func() { _ = r.Close() }()
	read := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(io.LimitReader(r, probeBytes)) // what it is cut off at is seen below
		read <- b
	}()
	x, err := u.engine.Exec(limit, s.ID, spec.Command{Args: []string{"/bin/sh", "-c", script}}, Streams{Out: w}, nil)
	_ = w.Close()
	var b []byte
	select {
	case b = <-read:
	case <-time.After(outputGrace):
		_ = r.SetReadDeadline(time.Now())
		b = <-read
	}
	switch {
	case errors.Is(limit.Err(), context.DeadlineExceeded):
		return nil, "the user's shell did not answer in " + probeTimeout.String() + ": what it sets is missing"
	case err != nil:
		return nil, err.Error()
	}
	_, text, found := bytes.Cut(b, []byte(mark))
	if !found || len(b) >= probeBytes {
		return nil, "the user's shell did not tell its environment (exit status " + strconv.Itoa(x.Code) + "): what it sets is missing"
	}
	return probedEnv(text, withImageEnv(s.Image.Env, s.Env)), ""
}

// probeDue: the shell was not asked yet, since the start, in this way.
func probeDue(st store.State) bool {
	d := st.Spec.Dev
	return d != nil && st.Probed != d.Probe && (d.Probe != spec.ProbeNone || st.Probed != "")
}

// probedEnv leaves out what belongs to that one shell, and what was so before.
func probedEnv(text []byte, before []string) []string {
	var out []string
	for kv := range strings.SplitSeq(string(text), "\x00") {
		name, _, ok := strings.Cut(kv, "=")
		switch name {
		case "_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLORTERM", "NO_COLOR", "":
			continue
		}
		if ok && len(out) < 4096 && !slices.Contains(before, kv) {
			out = append(out, kv)
		}
	}
	slices.Sort(out)
	return out
}

// userEnvOf is what of a devcontainer.json decides the environment.
func userEnvOf(s spec.Spec) any {
	if s.Dev == nil {
		return nil
	}
	remote := s.Dev.RemoteEnv
	if len(remote) == 0 { // what was written down and read again is nil
		remote = nil
	}
	return []any{remote, s.Dev.Probe}
}

func remoteNames(s spec.Spec) []string {
	if s.Dev == nil {
		return nil
	}
	return sortedKeys(s.Dev.RemoteEnv)
}

// hostsOf are the further names of addresses.
func hostsOf(s spec.Spec) []string {
	if s.Dev == nil {
		return nil
	}
	return normal(s.Dev.Hosts)
}
