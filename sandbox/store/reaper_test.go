package store

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// orphaned is a process that has ended and whose parent, this test, does not wait.
func orphaned(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command("true")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if p, err := readStat(c.Process.Pid); err == nil && p.ended() {
			return c
		}
		if time.Now().After(deadline) {
			t.Fatal("true does not end")
		}
	}
}

func newReaperStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir()+"/data", t.TempDir()+"/run")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func noted(t *testing.T, s *Store) string {
	t.Helper()
	data, err := os.ReadFile(s.reaper())
	if err != nil {
		return ""
	}
	_, verdict, _ := strings.Cut(strings.TrimSpace(string(data)), " ")
	return verdict
}

// A process 1 that waits is trusted with every run after the first.
func TestInitThatReaps(t *testing.T) {
	s := newReaperStore(t)
	c := orphaned(t)
	if !s.InitReaps(c.Process.Pid) {
		t.Fatal("no process was left as a trial")
	}
	if s.InitReaps(os.Getpid()) {
		t.Error("a second process is left before it is known what becomes of the first")
	}
	_ = c.Wait() // as process 1 does
	for range 2 {
		if !s.InitReaps(os.Getpid()) || noted(t, s) != initReaps {
			t.Errorf("noted %q", noted(t, s))
		}
	}
}

// One that does not gets a single zombie.
func TestInitThatKeepsZombies(t *testing.T) {
	s := newReaperStore(t)
	c := orphaned(t)
	defer func() { _ = c.Wait() }()
	if !s.InitReaps(c.Process.Pid) {
		t.Fatal("no process was left as a trial")
	}
	long := time.Now().Add(-2 * reaperPatience)
	if err := os.Chtimes(s.reaper(), long, long); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if s.InitReaps(os.Getpid()) || noted(t, s) != initKeeps {
			t.Errorf("noted %q", noted(t, s))
		}
	}
}

// What was found out of one container says nothing of the next, and a caller that
// lived on has left nothing.
func TestReaperIsForgotten(t *testing.T) {
	s := newReaperStore(t)
	for _, old := range []string{"1 reaps\n", "1 2 3\n", "", "x", "reaps reaps\n"} {
		if err := os.WriteFile(s.reaper(), []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		if s.InitReaps(os.Getpid()) || noted(t, s) != "" {
			t.Errorf("%q: noted %q", old, noted(t, s))
		}
	}
	if !s.InitReaps(os.Getpid()) || noted(t, s) == "" {
		t.Fatal("no trial")
	}
	s.NotLeft(1)
	if noted(t, s) == "" {
		t.Error("the trial of another process was taken back")
	}
	if s.NotLeft(os.Getpid()); noted(t, s) != "" {
		t.Error(fmt.Sprint("still noted: ", noted(t, s)))
	}
}
