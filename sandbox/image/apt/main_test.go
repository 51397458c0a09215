package apt

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
)

// Roles that the test program plays when the environment says so.
const (
	roleInstall = "APT_TEST_INSTALL" // root of a user namespace; an installJob
	roleEnter   = "APT_TEST_ENTER"   // first process of a pid namespace; an enterJob
)

type installJob struct {
	Plan   *Plan
	Dir    string
	Cache  string
	Single bool
	// Check is a command to run in the tree instead of installing it.
	Check []string
}

type enterJob struct {
	Root   string
	Argv   []string
	Env    []string
	Single bool
}

func TestMain(m *testing.M) {
	role := map[string]func(string) error{roleInstall: installInside, roleEnter: enterInside}
	for name, f := range role {
		if text := os.Getenv(name); text != "" {
			_ = os.Unsetenv(name)
			if err := f(text); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// inNamespace runs a job as root of a user namespace: with a range of ids, or
// with the caller's own one alone.
func inNamespace(t testing.TB, j installJob) (string, error) {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--map-root-user", "--map-auto", self}
	if j.Single {
		args = []string{"--map-root-user", self}
	}
	cmd := exec.Command("unshare", args...)
	if os.Geteuid() == 0 && !j.Single { // root may map what it likes, with nothing in /etc/subuid
		cmd = exec.Command(self)
		ids := []syscall.SysProcIDMap{{Size: 65536}}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids}
	}
	cmd.Env = append(os.Environ(), roleInstall+"="+string(text))
	var out, story bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &story
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s", err, story.String())
	}
	return out.String(), nil
}

func installInside(text string) error {
	var j installJob
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	syscall.Umask(0o077) // what the caller has must not matter
	run := func(ctx context.Context, argv, env []string) error {
		out, err := enter(ctx, enterJob{j.Dir, argv, env, j.Single})
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(argv[:min(3, len(argv))], " "), err, out)
		}
		return nil
	}
	switch {
	case len(j.Check) > 0:
		out, err := enter(context.Background(), enterJob{j.Dir, j.Check, environment(j.Plan.Date), j.Single})
		fmt.Print(out)
		return err
	case j.Plan == nil:
		return os.RemoveAll(j.Dir)
	}
	_, err := Install(context.Background(), j.Plan, j.Dir, InstallOptions{Cache: j.Cache, Single: j.Single, Run: run})
	return err
}

func enter(ctx context.Context, j enterJob) (string, error) {
	text, err := json.Marshal(j)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = []string{roleEnter + "=" + string(text)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// enterInside is the least that packages' scripts need of a sandbox: /proc, a
// few devices, and where there is one id only, owners that seem to change.
func enterInside(text string) error {
	var j enterJob
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	syscall.Umask(0o022)
	if err := syscall.Mount("proc", filepath.Join(j.Root, "proc"), "proc", 0, ""); err != nil {
		return fmt.Errorf("mount proc: %w", err)
	}
	dev := filepath.Join(j.Root, "dev")
	if err := syscall.Mount("dev", dev, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount dev: %w", err)
	}
	for _, n := range []string{"null", "zero", "full", "random", "urandom"} {
		if err := os.WriteFile(filepath.Join(dev, n), nil, 0o644); err != nil {
			return err
		}
		if err := syscall.Mount("/dev/"+n, filepath.Join(dev, n), "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind %s: %w", n, err)
		}
	}
	if err := os.Symlink("/proc/self/fd", filepath.Join(dev, "fd")); err != nil {
		return err
	}
	if err := syscall.Chroot(j.Root); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	runtime.LockOSThread()
	if j.Single {
		if err := userns.ConfineThread(userns.Confinement{Caps: userns.DefaultCaps, Emulation: userns.EmulateRoot}); err != nil {
			return err
		}
	}
	_ = os.Setenv("PATH", "/usr/sbin:/usr/bin")
	path, err := exec.LookPath(j.Argv[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, j.Argv, j.Env)
}
