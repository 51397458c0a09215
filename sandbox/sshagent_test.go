package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// sshAgent starts the real ssh agent, with one key, as the user's session would.
func sshAgent(t *testing.T) (fingerprint string) {
	t.Helper()
	dir := runtimeDir(t)
	socket, key := filepath.Join(dir, "a"), filepath.Join(dir, "key")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	start(t, agent)
	t.Setenv("SSH_AUTH_SOCK", socket)
	eventually(t, "the agent listens", func() bool {
		_, err := os.Stat(socket)
		return err == nil
	})
	for _, args := range [][]string{{"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key}, {"ssh-add", "-q", key}, {"ssh-keygen", "-lf", key}} {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		fingerprint = strings.Fields(string(out) + " none none")[1]
	}
	return fingerprint
}

func TestSSHAgent(t *testing.T) {
	for name, mode := range map[string]spec.User{
		"keep": {}, "root": {Mode: spec.UserRoot, Name: "root", Home: "/root"},
	} {
		t.Run(name, func(t *testing.T) {
			fingerprint := sshAgent(t)
			f := newEngine(t)
			s := f.spec()
			s.SSHAgent = true
			if mode.Mode != "" {
				s.User = mode
			}
			f.up(s)
			if got := f.sh("ssh-add -l"); !strings.Contains(got, fingerprint) {
				t.Errorf("inside: %q, want %s", got, fingerprint)
			}
			if got := f.sh("ls -A /run"); strings.Contains(got, filepath.Base(os.Getenv("SSH_AUTH_SOCK"))+"\n") {
				t.Errorf("in /run: %q", got)
			}
			if got := f.good(f.run(s, shell("ssh-add -l"))); !strings.Contains(got, fingerprint) {
				t.Errorf("in a run: %q", got)
			}
		})
	}
}

func TestSSHAgentMissing(t *testing.T) {
	dir := runtimeDir(t)
	for socket, want := range map[string]string{"": "not set", filepath.Join(dir, "none"): "no agent answers", dir: "no agent answers"} {
		t.Setenv("SSH_AUTH_SOCK", socket)
		f := newEngine(t)
		s := f.spec()
		s.SSHAgent = true
		a := f.run(s, shell("printenv SSH_AUTH_SOCK || echo none"))
		if f.good(a) != "none" || len(a.events) == 0 || !strings.Contains(a.events[0].Detail, want) {
			t.Errorf("%q: got %q, told %+v; want %q", socket, a.out, a.events, want)
		}
	}
}
