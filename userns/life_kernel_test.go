package userns_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

const soon = 20 * time.Second // the end of a wait that should never be reached

// TestDieWithParent: SIGKILL leaves the parent no time to clean up; the kernel does.
func TestDieWithParent(t *testing.T) {
	l := launch(t, task{Do: "wait"})
	l.DieWithParent = true
	host, pid := startHost(t, l)
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	if gone, err := userns.WaitGone(pid, soon); !gone || err != nil {
		t.Errorf("process %d lives on, %v", pid, err)
	}
}

// TestLiveOn: without DieWithParent it does, until KillWait.
func TestLiveOn(t *testing.T) {
	host, pid := startHost(t, launch(t, task{Do: "wait"}))
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	if gone, err := userns.WaitGone(pid, 0); gone || err != nil {
		t.Errorf("process %d is gone, %v", pid, err)
	}
	if err := userns.KillWait(pid, soon); err != nil {
		t.Error(err)
	}
	if gone, err := userns.WaitGone(pid, soon); !gone || err != nil {
		t.Errorf("process %d lives on, %v", pid, err)
	}
	if err := userns.KillWait(pid, soon); err != nil {
		t.Errorf("one that is gone: %v", err)
	}
}

// startHost starts a process that starts l, and gives both.
func startHost(t *testing.T, l userns.Launch) (host *exec.Cmd, pid int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	host = exec.Command(self)
	host.Args, host.Stdin, host.Stderr = []string{hostRole}, bytes.NewReader(b), os.Stderr
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err = strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(line)
	}
	t.Cleanup(func() { _ = userns.KillWait(pid, soon) })
	return host, pid
}

func TestKillAndWait(t *testing.T) {
	p, err := userns.Start(role, launch(t, task{Do: "wait"}), userns.Stdio{})
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if code, err := p.Wait(); code != 128+9 || err != nil {
		t.Errorf("it ended with %d, %v; want 137", code, err)
	}
	if _, err := p.Wait(); err == nil {
		t.Error("it was waited for twice")
	}
}
