package agent

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/service"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// usage is what the processes of each service use, and at the end those of none.
func (a *agent) usage(super *service.Supervisor) []spec.Usage {
	states, _ := super.States()
	all := a.others()
	counted := map[int]bool{}
	var out []spec.Usage
	for _, st := range states {
		s := sum{Usage: spec.Usage{Name: st.Name}}
		if st.PID != 0 {
			for _, p := range session(all, st.PID) {
				counted[p.pid] = true
				s.add(p.pid)
			}
		}
		out = append(out, s.all())
	}
	var rest sum
	for _, p := range all {
		if !counted[p.pid] {
			rest.add(p.pid)
		}
	}
	return append(out, rest.all())
}

// ticks is USER_HZ, which is 100 wherever Linux runs on what we build for (proc_pid_stat(5)).
const ticks = 100

// sum is what several processes use. Each has memory of its own; files and what is made to be
// shared, a database's buffers for one, they mostly have in common: as much as one has at most.
type sum struct {
	spec.Usage
	shared int64
}

func (s *sum) all() spec.Usage {
	u := s.Usage
	u.Memory += s.shared
	return u
}

// add counts a process: its processor time and its resident memory.
func (s *sum) add(pid int) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return
	}
	text := string(stat)
	f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(f) < 22 {
		return
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	s.Processes++
	s.CPU += time.Duration(user+system) * time.Second / ticks
	status, _ := os.ReadFile(dir + "/status") // it has just ended: nothing
	own, shared := resident(string(status))
	s.Memory += own
	s.shared = max(s.shared, shared)
}

// resident reads the memory of a process, in bytes, from its status (proc_pid_status(5)).
func resident(status string) (own, shared int64) {
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		kB, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "RssAnon":
			own += kB << 10
		case "RssFile", "RssShmem":
			shared += kB << 10
		}
	}
	return own, shared
}
