package sandbox_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// hostProcesses lists the processes of this machine with an argument.
func hostProcesses(t *testing.T, argument string) []string {
	t.Helper()
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var out []string
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains("\x00"+string(b), "\x00"+argument+"\x00") {
			out = append(out, filepath.Base(filepath.Dir(path)))
		}
	}
	return out
}

// unique is a time to sleep that no other process sleeps.
func unique() string {
	return "10000." + strings.ReplaceAll(time.Now().Format("150405.000000000"), ".", "")
}

func TestLifeKilledCallerOfRun(t *testing.T) {
	f := newEngine(t)
	mark := unique()
	cmd := f.helper("run", f.spec(), shell("sleep "+mark+" & (setsid sleep "+mark+" &); sleep "+mark))
	start(t, cmd)
	eventually(t, "three processes run", func() bool { return len(hostProcesses(t, mark)) == 3 })
	kill(cmd)
	eventually(t, "all of them are gone", func() bool { return len(hostProcesses(t, mark)) == 0 })
}

func TestLifeKilledInit(t *testing.T) {
	f := newEngine(t)
	info := f.up(f.spec())
	mark := unique()
	f.sh("echo kept > ~/kept; sleep " + mark + " >/dev/null 2>&1 &")
	if err := syscall.Kill(info.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is dead", func() bool { return syscall.Kill(info.PID, 0) == syscall.ESRCH })
	list, err := f.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Status != spec.Dead {
		t.Errorf("got %+v, %v; want it dead", list, err)
	}
	if a := f.exec(shell("true")); !errors.Is(a.err, sandbox.ErrNotRunning) {
		t.Errorf("got %v", a.err)
	}
	if len(hostProcesses(t, mark)) > 0 {
		t.Error("a process outlives the first one")
	}
	f.up(f.spec())
	if got := f.sh("cat ~/kept"); got != "kept" {
		t.Errorf("got %q", got)
	}
}

// A state of before a reboot names a process that is another's now.
func TestLifeOtherBoot(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*store.State)
	}{
		{"boot", func(st *store.State) { st.BootID = "another" }},
		{"start time", func(st *store.State) { st.StartTime++ }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newEngine(t)
			other := exec.Command("sleep", "1000")
			start(t, other)
			f.up(f.spec())
			f.down()
			f.pretend(other.Process.Pid, c.change)
			id := sandbox.ID(f.project, "")
			if i, err := f.Inspect(t.Context(), id); err != nil || i.Status != spec.Dead || i.PID != 0 {
				t.Errorf("got %+v, %v; want it dead", i, err)
			}
			if was, err := f.Down(t.Context(), id, time.Second); err != nil || was {
				t.Errorf("down: %v, %v", was, err)
			}
			f.pretend(other.Process.Pid, c.change)
			f.up(f.spec())
			f.pretend(other.Process.Pid, c.change)
			if err := f.Remove(t.Context(), id, false); err != nil {
				t.Error(err)
			}
			if gone(other.Process.Pid) {
				t.Error("the other process was ended")
			}
		})
	}
}

// pretend writes a state that names another process.
func (f *fixture) pretend(pid int, change func(*store.State)) {
	f.t.Helper()
	s, err := store.Open(f.data, f.runtime)
	if err != nil {
		f.t.Fatal(err)
	}
	id := sandbox.ID(f.project, "")
	st, err := s.ReadState(id)
	if err != nil {
		f.t.Fatal(err)
	}
	if st.Alive() { // ours, which nobody would find any more
		if _, err := f.Down(context.Background(), id, time.Second); err != nil {
			f.t.Fatal(err)
		}
	}
	start, err := store.ProcessStartTime(pid)
	if err != nil {
		f.t.Fatal(err)
	}
	boot, err := store.BootID()
	if err != nil {
		f.t.Fatal(err)
	}
	st.PID, st.StartTime, st.BootID, st.Down = pid, start, boot, false
	change(&st)
	if err := s.WriteState(id, st); err != nil {
		f.t.Fatal(err)
	}
}

func TestLifeKilledDuringUp(t *testing.T) {
	f := newEngine(t)
	image := archiveOf(t, newRootfs(t))
	for i := range 16 {
		s := f.spec()
		if i%2 == 1 {
			s = onRootfs(s, image)
		}
		cmd := f.helper("up", s, spec.Command{})
		start(t, cmd)
		time.Sleep(rand.N(80 * time.Millisecond)) // any point of it
		kill(cmd)
		f.up(s)
		f.probe("ids")
		if err := f.Remove(t.Context(), s.ID, true); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLifeKilledClientOfExec(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	mark, other := unique(), unique()
	go f.exec(spec.Command{Args: []string{"sleep", other}})
	cmd := f.helper("exec", f.spec(), shell("sleep "+mark+" & trap '' HUP; sleep "+mark))
	start(t, cmd)
	eventually(t, "all run", func() bool { return len(hostProcesses(t, mark)) == 2 && len(hostProcesses(t, other)) == 1 })
	kill(cmd)
	eventually(t, "the command's processes are gone", func() bool { return len(hostProcesses(t, mark)) == 0 })
	if len(hostProcesses(t, other)) != 1 {
		t.Error("another command was ended, too")
	}
}

func TestLifeOrphansAreReaped(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.sh("i=0; while [ $i -lt 500 ]; do (sleep 0.01 >/dev/null 2>&1 &); i=$((i+1)); done")
	eventually(t, "none is left", func() bool {
		got := f.probe("zombies")
		return got["zombies"] == "0" && got["processes"] == "2" // the agent and the probe
	})
}

// The first process ends by the engine alone, whatever is sent to it from inside.
func TestLifeSignalsToInit(t *testing.T) {
	f := newEngine(t)
	info := f.up(f.spec())
	for _, s := range strings.Fields("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM " +
		"TERM 40 64 CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS") {
		if a := f.exec(asRoot(shell("kill -" + s + " 1"))); a.err != nil || a.exit.Code != 0 {
			t.Errorf("%s: got %+v, %v", s, a.exit, a.err)
		}
	}
	if i := f.up(f.spec()); i.PID != info.PID {
		t.Error("it was ended")
	}
	f.sh("true")
}
