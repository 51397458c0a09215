package agent

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
)

// process is what /proc/PID/stat says of one (proc_pid_stat(5)).
type process struct {
	pid, parent, session, tty int
	zombie                    bool
}

// parseStat reads a line of /proc/PID/stat. The name in it may hold anything.
func parseStat(text string) (process, bool) {
	end := strings.LastIndexByte(text, ')')
	start := strings.IndexByte(text, ' ')
	if end < 0 || start < 0 {
		return process{}, false
	}
	f := strings.Fields(text[end+1:])
	if len(f) < 5 {
		return process{}, false
	}
	var p process
	for _, n := range []struct {
		to   *int
		text string
	}{{&p.pid, text[:start]}, {&p.parent, f[1]}, {&p.session, f[3]}, {&p.tty, f[4]}} {
		v, err := strconv.Atoi(n.text)
		if err != nil {
			return process{}, false
		}
		*n.to = v
	}
	p.zombie = f[0] == "Z" || f[0] == "X"
	return p, true
}

// others lists the processes inside, without the agent and the helpers of its root.
func (a *agent) others() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []process
	for _, e := range entries {
		if e.Name()[0] < '1' || e.Name()[0] > '9' {
			continue
		}
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		if p, ok := parseStat(string(b)); ok && p.pid != 1 && !p.zombie && !a.isHelper(p.pid) {
			out = append(out, p)
		}
	}
	return out
}

func (a *agent) isHelper(pid int) bool {
	for _, h := range a.helpers {
		if h == pid {
			return true
		}
	}
	return false
}

// family is a command with what descends from it, as it was when it was last looked at: who outlives its
// parent has another one, and is known by its session or by itself then.
type family struct {
	mu             sync.Mutex // held by whoever looks
	pids, sessions map[int]bool
}

func newFamily(leader int) *family {
	return &family{pids: map[int]bool{leader: true}, sessions: map[int]bool{leader: true}}
}

// among lists those of the family that are there now. Who is gone is forgotten: its number may be another's.
func (f *family) among(all []process) []process {
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !f.pids[p.pid] && (f.pids[p.parent] || f.sessions[p.session]) {
				f.pids[p.pid], f.sessions[p.session], grown = true, true, true
			}
		}
	}
	was := f.pids
	f.pids, f.sessions = map[int]bool{}, map[int]bool{}
	var out []process
	for _, p := range all {
		if was[p.pid] {
			f.pids[p.pid], f.sessions[p.session] = true, true
			out = append(out, p)
		}
	}
	return out
}

// session lists what belongs to a command: its session and everything that descends from it.
func session(all []process, leader int) []process { return newFamily(leader).among(all) }

// hangupGrace is how long a command whose client is gone may take to end.
const hangupGrace = 2 * time.Second

// abandon ends a command whose client is gone: as when a terminal closes, then for good.
func (a *agent) abandon(f *family) {
	a.signalFamily(f, syscall.SIGHUP)
	a.signalFamily(f, syscall.SIGCONT)
	if !a.familyGone(f, hangupGrace, 0) {
		a.signalFamily(f, syscall.SIGKILL)
	}
}

// stop ends everything inside, then the agent and with it the sandbox.
func (a *agent) stop(c *wire.Conn, f wire.Frame) {
	var req wire.StopBody
	if f.Decode(&req) != nil {
		return
	}
	end := time.Now().Add(req.Timeout)
	a.services.stopAll(end)
	for _, p := range a.others() {
		_ = syscall.Kill(p.pid, syscall.SIGTERM)
		if p.tty != 0 { // shells at a terminal ignore SIGTERM
			_ = syscall.Kill(p.pid, syscall.SIGHUP)
		}
		_ = syscall.Kill(p.pid, syscall.SIGCONT)
	}
	pause := time.Millisecond
	for time.Now().Before(end) && len(a.others()) > 0 {
		time.Sleep(pause)
		pause = min(2*pause, 50*time.Millisecond)
	}
	a.checkGitLast()
	_ = c.Send(wire.Stopped, wire.Empty{})
	a.exit <- 0 // whatever is left is killed with the namespace's first process
}
