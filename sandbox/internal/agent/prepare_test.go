package agent

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestSetenv(t *testing.T) {
	env := []string{"A=1", "AB=2", "C="}
	for _, kv := range []string{"A=3", "B=4", "C=5", "A=", "D", "E=x=y"} {
		env = setenv(env, kv)
	}
	if want := []string{"A=", "AB=2", "C=5", "B=4", "D", "E=x=y"}; !slices.Equal(env, want) {
		t.Errorf("got %q, want %q", env, want)
	}
	for key, want := range map[string]string{"AB": "2", "A": "", "E": "x=y", "none": "", "D": ""} {
		if got := getenv(env, key); got != want {
			t.Errorf("%s: got %q", key, got)
		}
	}
}

// TestCommandEnv: the sandbox's environment, then who the user is, then the command's own.
func TestCommandEnv(t *testing.T) {
	me := User{Name: "me", Home: "/home/me", Shell: "/bin/zsh"}
	base := []string{"X=sandbox", "HOME=/elsewhere", "PATH=/usr/bin", "Y=1"}
	for _, c := range []struct {
		name string
		base []string
		user User
		cmd  spec.Command
		want map[string]string
	}{
		{"the sandbox's over ours", base, me, spec.Command{}, map[string]string{"PATH": "/usr/bin", "X": "sandbox", "TERM": ""}},
		{"a path in any case", nil, me, spec.Command{},
			map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}},
		{"the user's over the sandbox's", base, me, spec.Command{},
			map[string]string{"HOME": "/home/me", "USER": "me", "LOGNAME": "me", "SHELL": "/bin/zsh"}},
		{"a user without a shell", nil, User{}, spec.Command{}, map[string]string{"SHELL": "/bin/sh"}},
		{"the command's over all", base, me, spec.Command{Env: []string{"X=2", "HOME=/h", "X=3"}},
			map[string]string{"X": "3", "HOME": "/h", "Y": "1"}},
		{"a terminal", nil, me, spec.Command{TTY: true}, map[string]string{"TERM": "xterm"}},
		{"a terminal of a kind", []string{"TERM=dumb"}, me, spec.Command{TTY: true}, map[string]string{"TERM": "dumb"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.base)
			env := commandEnv(c.base, c.user, c.cmd)
			for key, want := range c.want {
				if got := getenv(env, key); got != want {
					t.Errorf("%s is %q, want %q", key, got, want)
				}
			}
			if !slices.Equal(c.base, before) {
				t.Errorf("the sandbox's own became %q", c.base)
			}
		})
	}
}

func TestPrepareRefused(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	std := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	a := &agent{config: Config{Dir: "/", User: User{Name: "me", UID: 1000}}}
	single := &agent{config: a.config}
	single.config.Single = true
	run := []string{"/bin/sh"}
	for _, c := range []struct {
		name    string
		agent   *agent
		version int
		cmd     spec.Command
		files   []*os.File
		reason  string
		errno   syscall.Errno
	}{
		{"another version", a, wire.Version + 1, spec.Command{Args: run}, std, wire.RefusedVersion, 0},
		{"no such user", a, wire.Version, spec.Command{Args: run, User: "no such user"}, std, wire.RefusedUser, 0},
		{"another user, with one id", single, wire.Version, spec.Command{Args: run, User: "4711"}, std, wire.RefusedUser, 0},
		{"root where nobody is", single, wire.Version, spec.Command{Args: run, Root: true}, std, wire.RefusedUser, 0},
		{"no such directory", a, wire.Version, spec.Command{Args: run, Dir: "/none"}, std, wire.RefusedDir, syscall.ENOENT},
		{"a file as directory", a, wire.Version, spec.Command{Args: run, Dir: "/proc/self/stat"}, std, wire.RefusedDir, syscall.ENOTDIR},
		{"a way out as directory", a, wire.Version, spec.Command{Args: run, Dir: "/proc/self/cwd"}, std, wire.RefusedDir, syscall.ELOOP},
		{"no command", a, wire.Version, spec.Command{}, std, wire.RefusedCommand, 0},
		{"an empty command", a, wire.Version, spec.Command{Args: []string{""}}, std, wire.RefusedCommand, 0},
		{"no such command", a, wire.Version, spec.Command{Args: []string{"/none"}}, std, wire.RefusedCommand, syscall.ENOENT},
		{"not executable", a, wire.Version, spec.Command{Args: []string{"/proc"}}, std, wire.RefusedCommand, syscall.EACCES},
		{"no streams", a, wire.Version, spec.Command{Args: run}, nil, wire.RefusedOther, 0},
		{"too few streams", a, wire.Version, spec.Command{Args: run}, std[:2], wire.RefusedOther, 0},
		{"a directory of the host as stream", a, wire.Version, spec.Command{Args: run}, []*os.File{dir, os.Stdout, os.Stderr}, wire.RefusedOther, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, refused := c.agent.prepare(wire.ExecBody{Version: c.version, Command: c.cmd}, c.files)
			if p != nil || refused == nil || refused.Reason != c.reason || refused.Errno != int(c.errno) || refused.Text == "" {
				t.Errorf("got %+v, %+v; want %s, %d", p, refused, c.reason, c.errno)
			}
		})
	}
}

func TestPrepare(t *testing.T) {
	std := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	a := &agent{config: Config{Dir: "/", User: User{Name: "me", UID: 1000, GID: 100, Groups: []int{7}, Shell: "/bin/sh"}}}
	p, refused := a.prepare(wire.ExecBody{Version: wire.Version, Command: spec.Command{Login: true, Args: []string{"ignored"}}}, std)
	if refused != nil {
		t.Fatal(refused)
	}
	want := &syscall.Credential{Uid: 1000, Gid: 100, Groups: []uint32{7}}
	if p.path != "/bin/sh" || !slices.Equal(p.args, []string{"-sh"}) || !reflect.DeepEqual(p.attr.Sys.Credential, want) ||
		!p.attr.Sys.Setsid || len(p.attr.Files) != 3 || p.attr.Dir != "/" {
		t.Errorf("got %+v, %+v", p, p.attr)
	}
	p, refused = a.prepare(wire.ExecBody{Version: wire.Version, Command: spec.Command{Args: []string{"sh", "-c", "x"}, Root: true, Dir: "/proc"}}, std)
	if refused != nil {
		t.Fatal(refused)
	}
	if p.attr.Sys.Credential.Uid != 0 || p.user.UID != 0 || !slices.Equal(p.args, []string{"sh", "-c", "x"}) || p.attr.Dir != "/proc" {
		t.Errorf("got %+v, %+v", p, p.attr)
	}
}

func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		err   error
		errno syscall.Errno
		text  string
	}{
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, syscall.EACCES, "permission denied"},
		{fmt.Errorf("x: %w", os.ErrNotExist), syscall.ENOENT, "x: file does not exist"},
		{errors.New("words"), 0, "words"},
	} {
		if got := refusal("r", "/p", c.err); *got != (wire.RefusedBody{Reason: "r", Path: "/p", Text: c.text, Errno: int(c.errno)}) {
			t.Errorf("got %+v", got)
		}
	}
}
