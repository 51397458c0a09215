package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Alive says whether the sandbox's first process still runs. A pid alone proves
// nothing: after a reboot, or when numbers come round again, it is another's.
func (st State) Alive() bool {
	if st.PID <= 0 || st.BootID == "" {
		return false
	}
	p, err := readStat(st.PID)
	if err != nil || p.startTime != st.StartTime || p.ended() {
		return false
	}
	boot, err := BootID()
	return err == nil && boot == st.BootID
}

// Process is one that runs beside the first.
type Process struct {
	PID       int    `json:"pid"`
	StartTime uint64 `json:"startTime"`
}

// MonitorAlive says whether the monitor still runs, as Alive does of the first process.
func (st State) MonitorAlive() bool { return st.process(st.Monitor).Alive() }

// RestAlive says it of the process that runs the rest of the hooks.
func (st State) RestAlive() bool { return st.process(st.Rest).Alive() }

func (st State) process(p Process) State {
	return State{PID: p.PID, StartTime: p.StartTime, BootID: st.BootID}
}

// ProcessStartTime is when a process was started, in clock ticks since the boot.
// With the pid and the boot id it names a process for ever.
func ProcessStartTime(pid int) (uint64, error) {
	p, err := readStat(pid)
	return p.startTime, err
}

// BootID is another one after each boot.
func BootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("read boot id: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func readStat(pid int) (procStat, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	b, err := os.ReadFile(path)
	if err != nil {
		return procStat{}, fmt.Errorf("read start time of process %d: %w", pid, err)
	}
	p, err := parseStat(b)
	if err != nil {
		return procStat{}, fmt.Errorf("read %s: %w", path, err)
	}
	return p, nil
}

// procStat is what is wanted of /proc/PID/stat, see proc_pid_stat(5).
type procStat struct {
	state     byte
	startTime uint64
}

// ended is true of a zombie, which only waits for its parent to take notice.
func (p procStat) ended() bool { return p.state == 'Z' || p.state == 'X' || p.state == 'x' }

// parseStat counts from the last parenthesis: the second field is the command's
// name in parentheses, and the name may hold blanks and parentheses of its own.
func parseStat(b []byte) (procStat, error) {
	const first, wanted = 3, 22 // numbers of fields: state, start time
	end := bytes.LastIndexByte(b, ')')
	if end < 0 {
		return procStat{}, errors.New("no command name")
	}
	fields := strings.Fields(string(b[end+1:]))
	if len(fields) <= wanted-first {
		return procStat{}, fmt.Errorf("%d fields instead of %d", len(fields)+first-1, wanted)
	}
	if len(fields[0]) != 1 {
		return procStat{}, fmt.Errorf("state %q", fields[0])
	}
	start, err := strconv.ParseUint(fields[wanted-first], 10, 64)
	if err != nil {
		return procStat{}, fmt.Errorf("start time: %w", err)
	}
	return procStat{fields[0][0], start}, nil
}
