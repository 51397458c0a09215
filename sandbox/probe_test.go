package sandbox_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// probeEnv names the probe that this binary plays inside.
const probeEnv = "SANDBOX_TEST_PROBE"

// probe tries things from inside and tells by name what came of each.
type probe func(args []string) map[string]string

func playProbe(name string, args []string) int {
	p, ok := probes()[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such probe:", name)
		return 125
	}
	if err := json.NewEncoder(os.Stdout).Encode(p(args)); err != nil {
		return 125
	}
	return 0
}

func probes() map[string]probe {
	return map[string]probe{
		"binary": probeBinary, "descriptors": probeDescriptors, "files": probeFiles, "write": probeWrite,
		"ids": probeIDs, "terminal": probeTerminal, "sockets": probeSockets, "dial": probeDial,
		"signal": probeSignal, "keys": probeKeys, "chroot": probeChroot, "mounts": probeMounts,
		"namespaces": probeNamespaces, "calls": probeCalls, "chown": probeChown, "forks": probeForks,
		"open": probeOpen, "zombies": probeZombies, "env": probeEnvironment, "reach": probeReach, "echo": probeEcho, "ping": probePing,
	}
}

// withProbe shows this binary inside, at /probe.
func withProbe(t *testing.T, s spec.Spec) spec.Spec {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.Mounts = append(s.Mounts, spec.Mount{Type: "bind", Source: filepath.Dir(self), Target: "/probe", ReadOnly: true})
	return s
}

// probing is the command that plays a probe.
func probing(t *testing.T, name string, args ...string) spec.Command {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return spec.Command{
		Args: append([]string{"/probe/" + filepath.Base(self)}, args...), Env: []string{probeEnv + "=" + name},
	}
}

// probeEnvironment tells the variables.
func probeEnvironment([]string) map[string]string {
	got := map[string]string{}
	for _, kv := range os.Environ() {
		key, value, _ := strings.Cut(kv, "=")
		got[key] = value
	}
	return got
}

func asRoot(c spec.Command) spec.Command {
	c.Root = true
	return c
}

// results reads what a probe told.
func (f *fixture) results(a answer) map[string]string {
	f.t.Helper()
	var got map[string]string
	if err := json.Unmarshal([]byte(f.good(a)), &got); err != nil {
		f.t.Fatalf("probe said %q: %v", a.out, err)
	}
	return got
}

// probe plays a probe in the running sandbox.
func (f *fixture) probe(name string, args ...string) map[string]string {
	f.t.Helper()
	return f.results(f.exec(probing(f.t, name, args...)))
}

// eachUser plays it as the sandbox's user and as root inside.
func (f *fixture) eachUser(name string, args []string, check func(t *testing.T, got map[string]string)) {
	f.t.Helper()
	for _, root := range []bool{false, true} {
		f.t.Run(map[bool]string{false: "user", true: "root"}[root], func(t *testing.T) {
			c := probing(t, name, args...)
			c.Root = root
			g := *f
			g.t = t
			check(t, g.results(g.exec(c)))
		})
	}
}

// try tells what came of a call.
func try(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

// wantRefused demands that nothing that was tried worked.
func wantRefused(t *testing.T, got map[string]string) {
	t.Helper()
	if len(got) == 0 {
		t.Error("nothing was tried")
	}
	for what, came := range got {
		if came == "ok" {
			t.Errorf("%s worked", what)
		}
	}
}
