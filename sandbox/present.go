package sandbox

import (
	"os"
	"syscall"
)

// present counts the processes and threads of a user: the kernel counts them
// against a namespace's limit too, so the limit is set above them.
func present(uid int) uint64 {
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	var n uint64
	for _, p := range procs {
		if c := p.Name()[0]; c < '0' || c > '9' {
			continue
		}
		info, err := p.Info()
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != uid {
			continue
		}
		tasks, err := os.ReadDir("/proc/" + p.Name() + "/task")
		if err == nil {
			n += uint64(len(tasks))
		}
	}
	return n
}
