package sandbox_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// secretly gives a specification three secrets and their one value, which this
// process has in no argument and no variable of its beginning.
func (f *fixture) secretly(s spec.Spec) (spec.Spec, string) {
	f.t.Helper()
	value := "hush-" + rand.Text()
	f.t.Setenv("SANDBOX_TEST_TOKEN", value)
	file := filepath.Join(f.t.TempDir(), "token")
	write(f.t, file, value)
	s.Secrets = []spec.Secret{{Name: "file", File: file}, {Name: "env", Env: "SANDBOX_TEST_TOKEN"}, {Name: "command", Command: []string{"cat", file}}}
	return s, value
}

func TestSecretsAreInside(t *testing.T) {
	for _, base := range []string{"host", "rootfs"} {
		t.Run(base, func(t *testing.T) {
			f := newEngine(t)
			s, value := f.secretly(f.spec())
			if base == "rootfs" {
				s = onRootfs(s, newRootfs(t))
			}
			// Whatever is mounted around them, they are in memory.
			lasting := t.TempDir()
			s.Mounts = append(s.Mounts, spec.Mount{Type: "bind", Source: lasting, Target: "/run"})
			paths := []string{"/run/secrets/file", "/run/secrets/env", "/run/secrets/command"}
			f.up(s)
			for i, got := range []map[string]string{
				f.probe("files", paths...), f.results(f.run(s, probing(t, "files", paths...))),
			} {
				for _, p := range paths {
					if !strings.Contains(got[p], value) {
						t.Errorf("%d: %s: %s", i, p, got[p])
					}
				}
			}
			_ = filepath.WalkDir(lasting, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					t.Errorf("%s is on disk", path)
				}
				return nil
			})
			if base == "host" {
				if a := f.exec(asRoot(shell("echo x > /run/secrets/x"))); a.err != nil || a.exit.Code == 0 {
					t.Errorf("root adds a file: %+v, %v", a.exit, a.err)
				}
				if got := f.sh("stat -c '%a %U' /run/secrets/file; stat -f -c %T /run/secrets; id -un"); !strings.HasPrefix(got, "400 "+s.User.Name+"\ntmpfs\n"+s.User.Name) {
					t.Errorf("got %s", got)
				}
			}
		})
	}
}

// Row 38: a value is nowhere but in memory inside.
func TestSecretsAreNowhereElse(t *testing.T) {
	f := newEngine(t)
	s, value := f.secretly(f.spec())
	s.Hooks.Create = []spec.Hook{{Name: "create", Args: []string{"/bin/sh", "-c", "test -s /run/secrets/env"}}}
	var told []spec.Event
	info, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, func(e spec.Event) { told = append(told, e) })
	if err != nil {
		t.Fatal(err)
	}
	f.sh("cat /run/secrets/file > /dev/null; sleep 60 > /dev/null 2>&1 &")
	inspected, err := f.Inspect(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]any{"events": told, "info": info, "inspect": inspected} {
		if b, err := json.Marshal(v); err != nil || bytes.Contains(b, []byte(value)) {
			t.Errorf("%s: %s, %v", what, b, err)
		}
	}
	for _, path := range append(processFiles(t), files(f.data, f.runtime, f.project)...) {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(value)) {
			t.Errorf("%s holds it", path)
		}
	}
	// Not in the way of a second start either, and fresh there.
	f.down()
	write(t, s.Secrets[0].File, "another")
	f.up(s)
	if got := f.sh("cat /run/secrets/file; ls /run/secrets | tr '\n' ' '"); got != "anothercommand env file" && got != "anothercommand env file " {
		t.Errorf("got %q", got)
	}
}

func processFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, name := range []string{"cmdline", "environ"} {
		found, err := filepath.Glob("/proc/[0-9]*/" + name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}

// files are the regular ones below directories, as far as they can be seen.
func files(dirs ...string) []string {
	var out []string
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				out = append(out, path)
			}
			return nil
		})
	}
	return out
}

// Nothing is ended, removed or started for a secret that cannot be had.
func TestSecretThatCannotBeHad(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	before := f.up(s)
	f.sh("echo > ~/kept")
	missing := s
	missing.Secrets = []spec.Secret{{Name: "x", Env: "SANDBOX_TEST_NO_SUCH"}}
	var se *secret.Error
	if a := f.run(missing, shell("true")); !errors.As(a.err, &se) || se.Name != "x" {
		t.Errorf("run: got %v", a.err)
	}
	for _, recreate := range []bool{false, true} {
		if _, _, err := f.Up(t.Context(), missing, sandbox.UpOptions{Recreate: recreate}, nil); !errors.As(err, &se) {
			t.Errorf("up: got %v", err)
		}
	}
	if got := f.sh("ls -A ~/kept; ls /run/secrets 2>/dev/null; true"); !strings.HasSuffix(got, "/kept") {
		t.Errorf("got %q", got)
	}
	if i, err := f.Inspect(t.Context(), s.ID); err != nil || i.PID != before.PID {
		t.Errorf("got %+v, %v", i, err)
	}
}
