package sandbox

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Machine is what hostRequirements of a devcontainer.json are compared with.
type Machine struct {
	CPUs            int
	Memory, Storage int64 // bytes; of the disk what is free
}

// ReadMachine looks at this machine, and at the disk that dir is on. What cannot be
// known is 0.
func ReadMachine(dir string) Machine {
	m := Machine{CPUs: runtime.NumCPU()}
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer func() { _ = f.Close() }()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "MemTotal:" {
				kib, _ := strconv.ParseInt(fields[1], 10, 64) // 0: not known
				m.Memory = kib << 10
			}
		}
	}
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) == nil {
		m.Storage = int64(st.Bavail) * st.Bsize
	}
	return m
}

// Unmet says which requirements a machine does not meet.
func Unmet(r devcontainer.HostRequirements, m Machine) []spec.Degradation {
	var out []spec.Degradation
	add := func(format string, args ...any) {
		out = append(out, spec.Degradation{What: "hostRequirements", Why: fmt.Sprintf(format, args...)})
	}
	if m.CPUs > 0 && r.CPUs > m.CPUs {
		add("%d processors are asked for, and there are %d", r.CPUs, m.CPUs)
	}
	if want, _ := devcontainer.ParseSize(r.Memory); m.Memory > 0 && want > m.Memory {
		add("%s of memory are asked for, and there are %d mb", r.Memory, m.Memory>>20)
	}
	if want, _ := devcontainer.ParseSize(r.Storage); m.Storage > 0 && want > m.Storage {
		add("%s of storage are asked for, and %d mb are free", r.Storage, m.Storage>>20)
	}
	return out
}
