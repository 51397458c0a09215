package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Killed is how many processes of a group the kernel has ended because together they
// needed more memory than they may; 0 where that is not known.
func Killed(dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "memory.events"))
	if err != nil {
		return 0
	}
	return killed(string(b))
}

// killed reads memory.events (cgroup-v2, "Memory Interface Files").
func killed(text string) int {
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
			count, _ := strconv.Atoi(n)
			return count
		}
	}
	return 0
}

// Describe says how limits can be kept here, for people; an error says why they cannot.
func Describe() (string, error) {
	h := host{mount: mountPoint, proc: "/proc"}
	if err := h.version(); err != nil {
		return "", err
	}
	if _, err := bus(os.Getuid(), os.Getenv); err == nil {
		return "by systemd, for this user", nil
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	path, err := own(string(text))
	if err != nil {
		return "", err
	}
	dir, has := h.parent(path, []string{"memory", "cpu"})
	if dir == "" {
		return "", errors.New("no control group is delegated to you")
	}
	return strings.Join(has, ", ") + " below " + dir, nil
}
