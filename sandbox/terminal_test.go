package sandbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// screen is a terminal, with a process at it.
type screen struct {
	*os.File // the master
	t        *testing.T
	cmd      *exec.Cmd
	mu       sync.Mutex
	text     bytes.Buffer
	closed   chan struct{}
}

// open starts cmd at a new terminal of 24 lines and 80 columns.
func open(t *testing.T, cmd *exec.Cmd) *screen {
	t.Helper()
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{File: master, t: t, cmd: cmd, closed: make(chan struct{})}
	go func() {
		defer close(s.closed)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.mu.Lock()
			s.text.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		kill(cmd)
		_ = master.Close()
		<-s.closed
	})
	return s
}

func (s *screen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until text is shown, and forgets all that was shown.
func (s *screen) await(text string) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("shown: %q", s.shown())
		}
	}()
	eventually(s.t, fmt.Sprintf("%q is shown", text), func() bool { return strings.Contains(s.shown(), text) })
	s.mu.Lock()
	defer s.mu.Unlock()
	_, rest, _ := strings.Cut(s.text.String(), text)
	s.text.Reset()
	s.text.WriteString(rest)
}

func (s *screen) press(keys string) {
	s.t.Helper()
	if _, err := s.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// ended waits for the process and gives its exit status.
func (s *screen) ended() int {
	s.t.Helper()
	inTime(s.t, func() { _ = s.cmd.Wait() })
	return s.cmd.ProcessState.ExitCode()
}

// atTerminal starts a command inside, from a terminal.
func (f *fixture) atTerminal(script string) *screen {
	f.t.Helper()
	c := shell(script)
	c.TTY = true
	return open(f.t, f.helper("exec", f.spec(), c))
}

func TestTerminalSize(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	s := f.atTerminal("stty size; trap 'stty size; exit 5' WINCH; echo ready; while :; do sleep 0.05; done")
	s.await("24 80\r\n")
	s.await("ready")
	if err := pty.Setsize(s.File, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	s.await("30 100\r\n")
	if code := s.ended(); code != 5 {
		t.Errorf("got exit %d", code)
	}
}

func TestTerminalInterrupt(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	s := f.atTerminal("echo ready; exec sleep 1000")
	s.await("ready")
	s.press("\x03")
	if code := s.ended(); code != 130 {
		t.Errorf("got exit %d, want 130", code)
	}
}

// The keys are echoed by the terminal inside, and the output has its line ends.
func TestTerminalKeysAndOutput(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	s := f.atTerminal("tty; test -t 0 && test -t 1 && test -t 2 && echo all; echo > /dev/tty; read x; echo got $x; seq 1 20000; exit 3")
	s.await("/dev/pts/")
	s.await("all")
	s.press("word\r")
	s.await("got word")
	if code := s.ended(); code != 3 {
		t.Errorf("got exit %d", code)
	}
	s.await("19999\r\n20000\r\n")
}

func TestTerminalIsRestored(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	// A terminal as the kernel makes it: this one's may have been changed before we look.
	fresh, other, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(int(fresh.Fd()))
	if err := errors.Join(err, fresh.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	s := f.atTerminal("echo ready; read x; exit 0")
	s.await("ready")
	during, err := term.GetState(int(s.Fd()))
	if err != nil || *during == *before {
		t.Errorf("the terminal is not raw while the command runs: %v", err)
	}
	s.press("\r")
	// The process holds the terminal to its end, so that it can be looked at then.
	s.ended()
	if after, err := term.GetState(int(s.Fd())); err != nil || *after != *before {
		t.Errorf("got %+v, %v; want %+v", after, err, before)
	}
}

func TestTerminalCloses(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	mark := unique()
	// What it writes lets the reader of this test notice that it is to close.
	s := f.atTerminal("trap '' HUP; sleep " + mark + " & echo ready; while sleep 0.05; do echo .; done")
	s.await("ready")
	eventually(t, "it runs", func() bool { return len(hostProcesses(t, mark)) == 1 })
	_ = s.Close()
	s.ended()
	eventually(t, "it is gone", func() bool { return len(hostProcesses(t, mark)) == 0 })
}

// A command inside is one job of the shell outside.
func TestTerminalSuspend(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	c := shell("trap 'echo interrupted' INT; echo ready; while read x; do echo got $x; done; exit 4")
	c.TTY = true
	helper := f.helper("exec", f.spec(), c)
	bash := exec.Command("bash", "--norc", "--noprofile", "-i")
	bash.Env = append(helper.Env, "PS1=prompt: ", "HISTFILE=", "HELPER="+helper.Path)
	s := open(t, bash)
	s.await("prompt: ")
	s.press("$HELPER\r")
	s.await("ready\r\n")
	s.press("one\r")
	s.await("got one")
	for range 3 {
		s.press("\x1a")
		s.await("Stopped")
		s.await("prompt: ")
		s.press("echo outside; jobs\r")
		s.await("outside\r\n")
		s.await("prompt: ")
		s.press("fg\r")
		s.press("again\r")
		s.await("got again")
	}
	s.press("\x04")
	s.await("prompt: ")
	s.press("echo code $?\r")
	s.await("code 4")
	s.press("exit\r")
	s.ended()
}

// A login shell leads its session: it has job control of its own.
func TestTerminalLoginShell(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	s := open(t, f.helper("exec", f.spec(), spec.Command{Login: true, TTY: true, Env: []string{"PS1=inside: "}}))
	mark := unique()
	s.press("PS1='inside: '\r")
	s.await("inside: ")
	s.await("inside: ") // the first one was the echo of the keys
	s.press("set -m; sleep " + mark + "\r")
	eventually(t, "it runs", func() bool { return len(hostProcesses(t, mark)) == 1 })
	s.press("\x1a")
	s.await("Stopped")
	s.await("inside: ")
	s.press("fg\r")
	s.await("sleep " + mark + "\r\n")
	s.press("\x03")
	s.await("inside: ")
	s.press("exit 6\r")
	if code := s.ended(); code != 6 {
		t.Errorf("got exit %d", code)
	}
}

// Without a terminal outside there is one inside all the same.
func TestTerminalWithoutOne(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	c := shell("cat; tty; echo end")
	c.TTY = true
	a := f.exec(c)
	if got := f.good(a); !strings.Contains(got, "/dev/pts/") || !strings.HasSuffix(got, "end\r") {
		t.Errorf("got %q", got)
	}
}

func TestTerminalSignals(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	for _, c := range []struct {
		signals []syscall.Signal
		script  string
		code    int
	}{
		{[]syscall.Signal{syscall.SIGTERM}, "trap 'exit 9' TERM", 9},
		{[]syscall.Signal{syscall.SIGINT}, ":", 130},
		{[]syscall.Signal{syscall.SIGINT, syscall.SIGINT}, "trap '' INT", 143},
		{[]syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGINT}, "trap '' INT TERM", 137},
	} {
		ready := filepath.Join(f.project, "ready")
		_ = os.Remove(ready)
		cmd := f.helper("exec", f.spec(), shell(c.script+"; echo > ready; while :; do sleep 0.05; done"))
		start(t, cmd)
		eventually(t, "it runs", func() bool { return read(t, ready) != "" })
		for _, s := range c.signals {
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond) // so that two do not become one
		}
		inTime(t, func() { _ = cmd.Wait() })
		if code := cmd.ProcessState.ExitCode(); code != c.code {
			t.Errorf("%v, %q: got exit %d, want %d", c.signals, c.script, code, c.code)
		}
	}
}
