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
		u := spec.Usage{Name: st.Name}
		if st.PID != 0 {
			for _, p := range session(all, st.PID) {
				counted[p.pid] = true
				addUsage(&u, p.pid)
			}
		}
		out = append(out, u)
	}
	var rest spec.Usage
	for _, p := range all {
		if !counted[p.pid] {
			addUsage(&rest, p.pid)
		}
	}
	return append(out, rest)
}

// ticks is USER_HZ, which is 100 wherever Linux runs on what we build for (proc_pid_stat(5)).
const ticks = 100

// addUsage counts a process: its processor time and resident pages of /proc/PID/stat.
func addUsage(u *spec.Usage, pid int) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return
	}
	text := string(b)
	f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(f) < 22 {
		return
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	pages, _ := strconv.ParseInt(f[21], 10, 64)
	u.Processes++
	u.CPU += time.Duration(user+system) * time.Second / ticks
	u.Memory += pages * int64(os.Getpagesize())
}
