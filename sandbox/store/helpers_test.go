package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// helperEnv tells this test binary, started by itself, what to do instead of testing.
const helperEnv = "STORE_TEST_HELPER"

func TestMain(m *testing.M) {
	switch os.Getenv(helperEnv) {
	case "":
		os.Exit(m.Run())
	case "hold":
		holdLock(os.Args[1], os.Args[2])
	case "run":
		holdRun(os.Args[1], os.Args[2])
	case "full":
		writeToFullDisk(os.Args[1])
	}
}

// helper is this binary in another role. It dies with the test.
func helper(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), helperEnv+"="+role)
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	cmd.Stderr = os.Stderr
	return cmd
}

// startHelper returns when the helper has written its first byte.
func startHelper(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := helper(role, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("helper %s: %v", role, err)
	}
	return cmd
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func open(t testing.TB) *Store {
	t.Helper()
	temp := t.TempDir()
	s, err := Open(filepath.Join(temp, "data"), filepath.Join(temp, "run"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// locked is a store with the sandbox id made and locked.
func locked(t testing.TB, id string) *Store {
	t.Helper()
	s := open(t)
	unlock, err := s.Lock(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unlock)
	return s
}

func someState() State {
	return State{Program: "1.2", Spec: spec.Spec{Version: spec.Version, ID: "4f2a9c", Project: "/p"}, PID: 7, HooksDone: []string{"create"}}
}
