package agent

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// SessionRole is the argv[0] of the process between the agent and a command at
// a terminal. It leads the session, and the command has a process group of its
// own in it: only so does the kernel let Ctrl-Z stop the command, and somebody
// see it (setpgid(2) and "orphaned process group" in credentials(7)).
const SessionRole = "sandbox-session"

const reportFD = 3

// sessionReport is what the session says to the agent, one JSON value each.
type sessionReport struct {
	PID     int  `json:"pid,omitempty"`     // the command runs
	Errno   int  `json:"errno,omitempty"`   // it could not be executed
	Stopped bool `json:"stopped,omitempty"` // it was stopped
	Ended   bool `json:"ended,omitempty"`
	Status  int  `json:"status,omitempty"` // as wait4 gives it, with Ended
}

// SessionMain plays the role: os.Args are the role, the program's path, its arguments.
func SessionMain() int {
	if len(os.Args) < 3 {
		return 125
	}
	syscall.CloseOnExec(reportFD)
	report := json.NewEncoder(os.NewFile(reportFD, "report"))
	// The terminal's signals are for the command; taking them keeps their default action from us alone.
	taken := make(chan os.Signal, 8)
	signal.Notify(taken, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGTTIN)
	pid, err := syscall.ForkExec(os.Args[1], os.Args[2:], &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{Foreground: true, Ctty: 0},
	})
	if err != nil {
		var no syscall.Errno
		errors.As(err, &no)
		_ = report.Encode(sessionReport{Errno: int(no)})
		return 126
	}
	_ = report.Encode(sessionReport{PID: pid})
	for {
		var ws syscall.WaitStatus
		_, err := syscall.Wait4(pid, &ws, syscall.WUNTRACED, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 125
		case ws.Stopped():
			_ = report.Encode(sessionReport{Stopped: true})
		default:
			_ = report.Encode(sessionReport{Ended: true, Status: int(ws)})
			return exitOf(ws).Code
		}
	}
}

// viaSession has the command started by a session process. The shell of a
// login leads its session itself, as it would anywhere.
func (p *prepared) viaSession() (err error) {
	p.reports, p.reportTo, err = os.Pipe()
	if err != nil {
		return err
	}
	p.args = append([]string{SessionRole, p.path}, p.args...)
	p.path = "/proc/self/exe"
	p.attr.Files = append(p.attr.Files, p.reportTo.Fd())
	return nil
}

// follow turns what a session says into events, and closes r at their end. The
// first is PID or Errno.
func follow(r io.ReadCloser) <-chan sessionReport {
	out := make(chan sessionReport, 4)
	go func() {
		defer close(out)
		defer func() { _ = r.Close() }()
		for d := json.NewDecoder(r); ; {
			var s sessionReport
			if d.Decode(&s) != nil {
				return
			}
			out <- s
		}
	}()
	return out
}
