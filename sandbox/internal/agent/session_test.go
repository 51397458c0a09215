package agent

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

func TestFollow(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, `{"pid":5}{"stopped":true}`+"\n"+`{"ended":true,"status":256} broken`); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	var got []sessionReport
	for s := range follow(r) {
		got = append(got, s)
	}
	if len(got) != 3 || got[0].PID != 5 || !got[1].Stopped || !got[2].Ended || got[2].Status != 256 {
		t.Errorf("got %+v", got)
	}
	if err := r.Close(); err == nil {
		t.Error("the pipe is left open")
	}
}

// TestFinalStatus: what the session said of the command counts, whenever it comes.
func TestFinalStatus(t *testing.T) {
	const own, told = syscall.WaitStatus(9), syscall.WaitStatus(7 << 8)
	said := told
	late := func(s ...sessionReport) <-chan sessionReport {
		c := make(chan sessionReport, len(s))
		for _, r := range s {
			c <- r
		}
		close(c)
		return c
	}
	for _, c := range []struct {
		name    string
		reports <-chan sessionReport
		last    *syscall.WaitStatus
		want    syscall.WaitStatus
	}{
		{"no session", nil, nil, own},
		{"said before", nil, &said, told},
		{"said before, and not closed yet", make(chan sessionReport), &said, told},
		{"still on its way", late(sessionReport{Stopped: true}, sessionReport{Ended: true, Status: int(told)}), nil, told},
		{"never said", late(sessionReport{Stopped: true}), nil, own},
	} {
		if got := finalStatus(c.reports, c.last, own); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

// atTerminal is a session process at a terminal of its own, as the agent starts it.
type atTerminal struct {
	*exec.Cmd
	keys    *os.File
	reports <-chan sessionReport
	pid     int // of the command
}

func startSession(t *testing.T, args ...string) *atTerminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{
		Path: self, Args: append([]string{SessionRole}, args...), Stdin: slave, Stdout: slave, Stderr: slave, ExtraFiles: []*os.File{w},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = slave.Close(), w.Close()
	t.Cleanup(func() {
		_, _ = cmd.Process.Kill(), master.Close()
		_ = cmd.Wait()
	})
	return &atTerminal{Cmd: cmd, keys: master, reports: follow(r)}
}

// started demands that the command runs.
func (s *atTerminal) started(t *testing.T) {
	t.Helper()
	first := <-s.reports
	if s.pid = first.PID; s.pid == 0 {
		t.Fatalf("got %+v", first)
	}
	t.Cleanup(func() { _ = syscall.Kill(-s.pid, syscall.SIGKILL) })
}

func (s *atTerminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// ended demands how the command, and with it the session, ended.
func (s *atTerminal) ended(t *testing.T, code, signal int) {
	t.Helper()
	last := <-s.reports
	if got := exitOf(syscall.WaitStatus(last.Status)); !last.Ended || got.Code != code || got.Signal != signal {
		t.Errorf("got %+v, which is %+v; want %d", last, got, code)
	}
	if more, open := <-s.reports; open {
		t.Errorf("and then %+v", more)
	}
	_ = s.Wait()
	if got := s.ProcessState.ExitCode(); got != code {
		t.Errorf("the session ended with %d, want %d", got, code)
	}
}

func TestSessionExit(t *testing.T) {
	for script, want := range map[string][2]int{
		"exit 0": {0, 0}, "exit 7": {7, 0}, "kill -9 $$": {137, 9}, "kill -TERM $$": {143, 15},
		"test -t 0 && exit 3":                        {3, 0}, // it has the terminal
		"(echo x >&3) 2>/dev/null && exit 1; exit 4": {4, 0}, // and not the report
	} {
		t.Run(script, func(t *testing.T) {
			s := startSession(t, "/bin/sh", "sh", "-c", script)
			s.started(t)
			s.ended(t, want[0], want[1])
		})
	}
}

// TestSessionStops: Ctrl-Z stops the command, as often as it is pressed, and SIGCONT resumes it.
func TestSessionStops(t *testing.T) {
	s := startSession(t, "/bin/cat", "cat")
	s.started(t)
	for range 2 {
		s.press(t, "\x1a")
		if got := <-s.reports; !got.Stopped {
			t.Fatalf("got %+v, want that it was stopped", got)
		}
		if err := syscall.Kill(-s.pid, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	s.press(t, "\x04") // the end of its input
	s.ended(t, 0, 0)
}

// TestSessionSurvivesKeys: they are for the command.
func TestSessionSurvivesKeys(t *testing.T) {
	for keys, signal := range map[string]int{"\x03": 2, "\x1c": 3} {
		s := startSession(t, "/bin/cat", "cat")
		s.started(t)
		s.press(t, keys)
		s.ended(t, 128+signal, signal)
	}
}

func TestSessionOfNothing(t *testing.T) {
	text := t.TempDir() + "/text"
	if err := os.WriteFile(text, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]syscall.Errno{"/nonexistent": syscall.ENOENT, "/proc": syscall.EACCES, text: syscall.ENOEXEC} {
		s := startSession(t, path, "x")
		if got := <-s.reports; got.PID != 0 || syscall.Errno(got.Errno) != want {
			t.Errorf("%s: got %+v, want %v", path, got, want)
		}
		_ = s.Wait()
		if got := s.ProcessState.ExitCode(); got != 126 {
			t.Errorf("%s: it ended with %d", path, got)
		}
	}
	s := startSession(t)
	_ = s.Wait()
	if got := s.ProcessState.ExitCode(); got != 125 {
		t.Errorf("without a program: it ended with %d", got)
	}
	if got, open := <-s.reports; open {
		t.Errorf("and said %+v", got)
	}
}

func TestViaSession(t *testing.T) {
	p := &prepared{path: "/bin/ls", args: []string{"ls", "-l"}, attr: &syscall.ProcAttr{Files: []uintptr{0, 1, 2}}}
	if err := p.viaSession(); err != nil {
		t.Fatal(err)
	}
	defer closeAll(p.reports, p.reportTo)
	if got := strings.Join(p.args, " "); got != SessionRole+" /bin/ls ls -l" || p.path != "/proc/self/exe" || len(p.attr.Files) != 4 {
		t.Errorf("got %s %s, %d descriptors", p.path, got, len(p.attr.Files))
	}
}
