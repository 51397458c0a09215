package agent

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// exec runs one command for a client. A connection carries one command: while
// it runs the client may send signals, and closes when it has the exit.
func (a *agent) exec(c *wire.Conn, f wire.Frame) {
	defer f.Close()
	var req wire.ExecBody
	if err := f.Decode(&req); err != nil {
		return
	}
	p, refused := a.prepare(req, f.Files)
	if refused != nil {
		_ = c.Send(wire.Refused, refused)
		return
	}
	r, err := a.begin(p)
	f.Close() // the command has the descriptors now; whoever reads from it must see its end
	if err != nil {
		p.close()
		if p.dirAtFault(err) {
			_ = c.Send(wire.Refused, refusal(wire.RefusedDir, p.attr.Dir, err))
			return
		}
		_ = c.Send(wire.Refused, refusal(wire.RefusedCommand, p.program, err))
		return
	}
	err = c.Send(wire.Started, wire.StartedBody{PID: r.group}, p.masters()...)
	p.close()
	if err != nil {
		a.abandon(r.family)
		return
	}
	gone := make(chan departure, 1)
	go a.passSignals(c, r, gone)
	if ws, ok := a.attend(c, r, gone); ok {
		r.end.wait()
		if a.config.OneShot && ws.Signal() == syscall.SIGQUIT && ws.Signaled() {
			awaitStacks(r.group, gone)
		}
		body := wire.ExitedBody{Exit: exitOf(ws), Repaired: a.repairAfter(p), Git: a.checkGit()}
		body.Alone = a.config.OneShot && !userns.HasChildren()
		// A client that went away without having read this was killed, and its terminal's end may have come
		// first: what it started is not to stay. The socket tells the difference (unix(7), ECONNRESET).
		err := c.Send(wire.Exited, body)
		if a.config.OneShot {
			return // and the sandbox ends, with whatever else is in it, while the client reads
		}
		if err != nil || (<-gone).err != io.EOF {
			a.abandon(r.family)
		}
	}
}

// departure is how a client went away; io.EOF when it had read all it was sent.
type departure struct{ err error }

// ran is a command that was started.
type ran struct {
	leader  int // leads the session
	group   int // the process group that signals go to
	ended   <-chan syscall.WaitStatus
	reports <-chan sessionReport // nil without a session process between
	family  *family
	end     *ending
}

// begin starts the command.
func (a *agent) begin(p *prepared) (ran, error) {
	err := a.settled()
	if err != nil {
		p.closeSlave()
		closeAll(p.reports)
		return ran{}, err
	}
	pid, ended, err := a.reaper.start(p.start)
	p.closeSlave()
	if err != nil {
		closeAll(p.reports)
		return ran{}, err
	}
	r := ran{leader: pid, group: pid, ended: ended, family: newFamily(pid), end: &ending{}}
	if p.reports == nil {
		return r, nil
	}
	r.reports = follow(p.reports)
	first := <-r.reports
	if first.PID == 0 {
		if first.Errno == 0 {
			first.Errno = int(syscall.EIO)
		}
		return ran{}, syscall.Errno(first.Errno)
	}
	r.group = first.PID
	return r, nil
}

// attend passes signals on until the command ends. When the client goes away
// first, so does the command.
func (a *agent) attend(c *wire.Conn, r ran, gone <-chan departure) (syscall.WaitStatus, bool) {
	a.attended.Add(1)
	defer a.attended.Add(-1)
	reports := r.reports
	var last *syscall.WaitStatus
	for {
		select {
		case s, open := <-reports:
			switch {
			case !open:
				reports = nil
			case s.Stopped:
				_ = c.Send(wire.Suspended, wire.Empty{})
			case s.Ended:
				ws := syscall.WaitStatus(s.Status)
				last = &ws
			}
		case ws := <-r.ended:
			return finalStatus(reports, last, ws), true
		case <-gone:
			a.abandon(r.family)
			return 0, false
		}
	}
}

// finalStatus prefers what the session said of the command to how the session
// itself ended; its last word may still be on its way.
func finalStatus(reports <-chan sessionReport, last *syscall.WaitStatus, own syscall.WaitStatus) syscall.WaitStatus {
	if reports != nil && last == nil {
		for s := range reports {
			if s.Ended {
				return syscall.WaitStatus(s.Status)
			}
		}
	}
	if last != nil {
		return *last
	}
	return own
}

// passSignals reads the client's side: nothing but signals and the wish for an end may come while a command runs.
// It says how that ended.
func (a *agent) passSignals(c *wire.Conn, r ran, gone chan<- departure) {
	for {
		f, err := c.Recv()
		if err != nil {
			gone <- departure{err}
			return
		}
		f.Close()
		var e wire.EndBody
		if f.Type == wire.End && f.Decode(&e) == nil {
			r.end.begin(func() { a.endAll(r.family, e.Grace) })
			continue
		}
		var s wire.SignalBody
		if f.Type != wire.Signal || f.Decode(&s) != nil {
			gone <- departure{wire.ErrBadFrame}
			return
		}
		a.signal(r, syscall.Signal(s.Number))
	}
}

// signal signals the command's process group; SIGKILL ends all that descends from it.
func (a *agent) signal(r ran, s syscall.Signal) {
	if s == syscall.SIGKILL {
		a.signalFamily(r.family, syscall.SIGKILL)
		return
	}
	_ = syscall.Kill(-r.group, s)
}

// stacksTake is how long programs have for their last words.
const stacksTake = 2 * time.Second

// awaitStacks: a command that SIGQUIT has ended was a shell, perhaps, and what it ran has had the signal, too, which has
// many programs print their stacks. They would end with the sandbox, in the middle of that.
func awaitStacks(group int, gone <-chan departure) {
	over := time.After(stacksTake)
	for syscall.Kill(-group, 0) == nil {
		select {
		case <-gone:
			return
		case <-over:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func exitOf(ws syscall.WaitStatus) spec.Exit {
	if ws.Signaled() {
		return spec.Exit{Code: 128 + int(ws.Signal()), Signal: int(ws.Signal())}
	}
	return spec.Exit{Code: ws.ExitStatus()}
}

func refusal(reason, path string, err error) *wire.RefusedBody {
	b := &wire.RefusedBody{Reason: reason, Path: path, Text: err.Error()}
	var no syscall.Errno
	if errors.As(err, &no) {
		b.Errno, b.Text = int(no), no.Error()
	} else if errors.Is(err, os.ErrNotExist) {
		b.Errno = int(syscall.ENOENT)
	}
	return b
}
