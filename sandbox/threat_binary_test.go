package sandbox_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/capability"
)

// copySelf makes the caller's own, writable binary, in place of this one.
func copySelf(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sandbox")
	copyFile(t, cmd.Path, path)
	cmd.Path, cmd.Args[0] = path, path
	return path
}

func hashOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x %v %v", sha256.Sum256(b), st.Mode(), st.ModTime())
}

func TestThreat01OverwriteBinary(t *testing.T) {
	f := newEngine(t)
	script := filepath.Join(f.project, "script")
	write(t, script, "#!/proc/self/exe\n")
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		command spec.Command
	}{
		{"processes", probing(t, "binary")},
		{"processes as root", asRoot(probing(t, "binary"))},
		{"script", spec.Command{Args: []string{script}, Env: []string{probeEnv + "=binary"}}},
		{"script as root", spec.Command{Args: []string{script}, Env: []string{probeEnv + "=binary"}, Root: true}},
		{"session", terminalProbe(t, "binary")},
	} {
		t.Run(c.name, func(t *testing.T) { wantUnharmed(t, f, f.spec(), c.command) })
	}
}

// Not even who may mount inside can make the binary writable.
func TestThreat01WithEveryRight(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Security = spec.Security{Unfiltered: true, Nested: true, CapAdd: capability.Names()}
	wantUnharmed(t, f, s, probing(t, "binary"))
	wantUnharmed(t, f, s, asRoot(probing(t, "binary")))
}

// wantUnharmed runs a probe from a binary that the caller could write, which it must leave as it is.
func wantUnharmed(t *testing.T, f *fixture, s spec.Spec, c spec.Command) {
	t.Helper()
	cmd := f.helper("run", s, c)
	binary := copySelf(t, cmd)
	before := hashOf(t, binary)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s", err, said.String())
	}
	if after := hashOf(t, binary); after != before {
		t.Errorf("the binary is %s, was %s", after, before)
	}
	sealed := `"/proc/self/exe chmod":"chmod /proc/self/exe: read-only file system"`
	if strings.Contains(said.String(), `"ok"`) || !strings.Contains(said.String(), sealed) {
		t.Errorf("probe said %s", said.String())
	}
}

func terminalProbe(t *testing.T, name string) spec.Command {
	c := probing(t, name)
	c.TTY = true
	return c
}

func TestThreat02Descriptors(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.eachUser("descriptors", nil, func(t *testing.T, got map[string]string) {
		for link, to := range got {
			switch {
			case strings.HasSuffix(link, "/root") && to == "/":
			case strings.HasSuffix(link, "/cwd") && to == f.project:
			case strings.HasPrefix(to, "pipe:") || to == "/dev/null" || strings.HasPrefix(to, "/proc"):
			case strings.HasPrefix(to, "anon_inode:"): // of the probe's own runtime
			default:
				t.Errorf("%s leads to %s", link, to)
			}
			if strings.HasPrefix(link, "/proc/1/") {
				t.Errorf("the agent's %s can be looked at", link)
			}
		}
	})
}

func TestThreat02WorkdirOfDescriptor(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	dirs := []string{"/proc/self/cwd", "/proc/self/root", "/proc/1/cwd", "/proc/1/root", "/proc/thread-self/cwd"}
	for n := range 16 {
		dirs = append(dirs, fmt.Sprintf("/proc/self/fd/%d", n), fmt.Sprintf("/proc/1/fd/%d", n))
	}
	for _, dir := range dirs {
		a := f.exec(spec.Command{Args: []string{"/bin/pwd"}, Dir: dir})
		var refused *sandbox.DirError
		if !errors.As(a.err, &refused) {
			t.Errorf("%s: got %v, output %q; want a DirError", dir, a.err, a.out)
		}
	}
}
