package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// helperEnv names what another process of this binary does outside: up, run or
// exec, as a command line would. jobEnv holds the helperJob.
const (
	helperEnv = "SANDBOX_TEST_HELPER"
	jobEnv    = "SANDBOX_TEST_JOB"
)

type helperJob struct {
	Data, Runtime string
	Spec          spec.Spec
	Command       spec.Command
}

func playHelper(name string) int {
	code, err := helperMain(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 125
	}
	return code
}

func helperMain(name string) (int, error) {
	var j helperJob
	if err := json.Unmarshal([]byte(os.Getenv(jobEnv)), &j); err != nil {
		return 0, err
	}
	e, err := sandbox.Open(sandbox.Options{DataDir: j.Data, RuntimeDir: j.Runtime})
	if err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	io := sandbox.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Signals: signals}
	var x spec.Exit
	switch ctx := context.Background(); name {
	case "up":
		_, _, err = e.Up(ctx, j.Spec, sandbox.UpOptions{}, nil)
	case "run":
		j.Spec.Ephemeral = true
		x, err = e.Run(ctx, j.Spec, j.Command, io, nil)
	case "exec":
		x, err = e.Exec(ctx, j.Spec.ID, j.Command, io, nil)
	}
	return x.Code, err
}

// helper is a process that works on this fixture's sandboxes; it is not started yet.
func (f *fixture) helper(name string, s spec.Spec, c spec.Command) *exec.Cmd {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	job, err := json.Marshal(helperJob{f.data, f.runtime, s, c})
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), helperEnv+"="+name, jobEnv+"="+string(job))
	return cmd
}

// start starts it; it is killed when the test ends.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}
