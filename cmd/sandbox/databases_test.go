package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// databases: what a service has written to a volume is there after a down, and after everything was
// killed at once while it wrote: all that it had said to be written.
func (w *templateWorld) databases(t *testing.T, dir string) {
	for name, each := range map[string]struct{ config, write, read, more, count string }{
		"postgres": {
			config: "", write: "psql -qc 'create table t(n int)' -c 'insert into t values (41), (1)'", read: "psql -Atc 'select sum(n) from t where n > 0'",
			more: "psql -qAtc 'insert into t values (0) returning (select count(*) from t) - 1'", count: "psql -Atc 'select count(*) - 2 from t'",
		},
		"redis": {config: `version: 1
image: apt:trixie
packages: [redis-server, redis-tools]
network: {mode: none}
mounts: [{type: volume, source: data, target: /srv/redis}]
services:
  store:
    command: exec redis-server --dir /srv/redis --appendonly yes --appendfsync always
    ready: {command: redis-cli ping | grep -q PONG}
    restart: always
`, write: "redis-cli set n 42 | grep -q OK", read: "redis-cli get n", more: "redis-cli incr more", count: "redis-cli get more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
			told := w.writeOn(t, project, each.more)
			w.killAll(t, project)
			w.must(t, project, "up")
			read("everything was killed")
			last := number(t, told())
			if got := number(t, w.must(t, project, "exec", "--", "sh", "-ec", each.count)); got < last || last == 0 {
				t.Errorf("%d were said to be written, %d are there", last, got)
			}
		})
	}
}

// writeOn writes inside, again and again; told is the latest answer, which was given before everything ended.
func (w *templateWorld) writeOn(t *testing.T, project, more string) (told func() string) {
	t.Helper()
	c := exec.Command("sandbox", "exec", "--", "sh", "-c", "while "+more+"; do :; done")
	var out, errs strings.Builder
	c.Env, c.Dir, c.Stdout, c.Stderr = w.env, project, &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	return func() string {
		_ = c.Wait() // killed with all the rest
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		t.Logf("%d answers; %s", len(lines), errs.String())
		return lines[len(lines)-1]
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
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

// killAll kills the first process, and with it all that is inside, and the monitor outside.
func (w *templateWorld) killAll(t *testing.T, project string) {
	t.Helper()
	var info struct {
		ID     string
		PID    int
		Status string
	}
	look := func() {
		if err := json.Unmarshal([]byte(w.must(t, project, "inspect")), &info); err != nil {
			t.Fatal(err)
		}
	}
	look()
	for _, pid := range []int{info.PID, w.monitor(t, info.ID)} {
		if pid == 0 {
			continue // which would be this process and its like
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(20 * time.Second); info.Status != "dead"; time.Sleep(20 * time.Millisecond) {
		if look(); time.Now().After(end) {
			t.Fatalf("%+v", info)
		}
	}
}

// monitor is the process outside of a sandbox, 0 where it needs none.
func (w *templateWorld) monitor(t *testing.T, id string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.top, "data", "sandboxes", id, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Monitor struct{ PID int } }
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	return state.Monitor.PID
}
