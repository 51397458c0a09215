package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// databases: what a service has written to a volume is there after a down, and after
// everything was killed at once.
func (w *templateWorld) databases(t *testing.T, dir string) {
	for name, each := range map[string]struct{ config, write, read string }{
		"postgres": {"", "psql -qc 'create table t(n int)' -c 'insert into t values (41), (1)'", "psql -Atc 'select sum(n) from t'"},
		"redis": {`version: 1
image: apt:trixie
packages: [redis-server, redis-tools]
network: {mode: none}
mounts: [{type: volume, source: data, target: /srv/redis}]
services:
  store:
    command: exec redis-server --dir /srv/redis --appendonly yes --appendfsync always
    ready: {command: redis-cli ping | grep -q PONG}
    restart: always
`, "redis-cli set n 42 | grep -q OK", "redis-cli get n"},
	} {
		t.Run(name, func(t *testing.T) {
			project := filepath.Join(dir, name)
			if err := os.MkdirAll(project, 0o755); err != nil {
				t.Fatal(err)
			}
			begin := []string{"init", "--template", "postgres-app"}
			if each.config != "" {
				begin = []string{"config", "validate"}
				if err := os.WriteFile(filepath.Join(project, ".sandbox.yaml"), []byte(each.config), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			w.must(t, project, begin...)
			t.Cleanup(func() { w.must(t, project, "rm", "--volumes") })
			w.must(t, project, "up")
			w.must(t, project, "exec", "--", "sh", "-ec", each.write)
			read := func(after string) {
				t.Helper()
				if got := w.must(t, project, "exec", "--", "sh", "-ec", each.read); strings.TrimSpace(got) != "42" {
					t.Errorf("after %s: %q", after, got)
				}
			}
			read("writing")
			w.must(t, project, "down")
			w.must(t, project, "up")
			read("down and up")
			w.killAll(t, project)
			w.must(t, project, "up")
			read("everything was killed")
		})
	}
}

// must is what the program prints on standard output.
func (w *templateWorld) must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("sandbox", args...)
	var errs strings.Builder
	c.Env, c.Dir, c.Stderr = w.env, dir, &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("sandbox %s: %v\n%s%s", strings.Join(args, " "), err, out, errs.String())
	}
	return string(out)
}

// killAll kills the first process, and with it all that is inside.
func (w *templateWorld) killAll(t *testing.T, project string) {
	t.Helper()
	var info struct {
		PID    int
		Status string
	}
	look := func() {
		if err := json.Unmarshal([]byte(w.must(t, project, "inspect")), &info); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if err := syscall.Kill(info.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); info.Status != "dead"; time.Sleep(20 * time.Millisecond) {
		if look(); time.Now().After(end) {
			t.Fatalf("%+v", info)
		}
	}
}
