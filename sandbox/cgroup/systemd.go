package cgroup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	scopeSuffix = ".scope"
	patience    = 5 * time.Second
)

var errNoManager = errors.New("no manager of systemd answers for this user")

// scope asks the user's manager of systemd, root the system's, for a transient scope
// with the process in it (org.freedesktop.systemd1(5), StartTransientUnit). busctl is
// part of systemd.
func scope(h host, pid int, name string, l Limits) (string, error) {
	args, err := bus(os.Getuid(), os.Getenv)
	if err != nil {
		return "", err
	}
	busctl, err := exec.LookPath("busctl")
	if err != nil {
		return "", errNoManager
	}
	unit := fmt.Sprintf("%s%s-%d%s", Prefix, name, pid, scopeSuffix)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, busctl, append(args, call(unit, pid, l)...)...)
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("systemd makes no scope: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return h.joined(ctx, pid, unit)
}

// bus is how busctl reaches the manager.
func bus(uid int, getenv func(string) string) ([]string, error) {
	if uid == 0 {
		if _, err := os.Stat("/run/systemd/private"); err != nil {
			return nil, errNoManager
		}
		return []string{"--system"}, nil
	}
	dir := getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = "/run/user/" + strconv.Itoa(uid)
	}
	if _, err := os.Stat(filepath.Join(dir, "systemd/private")); err != nil {
		return nil, errNoManager
	}
	return []string{"--user"}, nil
}

// call is the arguments of the call: the unit with its properties.
func call(unit string, pid int, l Limits) []string {
	properties := [][]string{
		{"PIDs", "au", "1", strconv.Itoa(pid)},
		{"Description", "s", "a sandbox"},
		{"CollectMode", "s", "inactive-or-failed"},
	}
	if l.Memory > 0 {
		properties = append(properties, []string{"MemoryMax", "t", strconv.FormatInt(l.Memory, 10)}, []string{"MemorySwapMax", "t", "0"})
	}
	if l.CPUs > 0 {
		const second = 1_000_000
		properties = append(properties, []string{"CPUQuotaPerSecUSec", "t", strconv.FormatInt(int64(l.CPUs*second), 10)})
	}
	args := []string{
		"call", "--quiet", "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
		"StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", strconv.Itoa(len(properties)),
	}
	for _, p := range properties {
		args = append(args, p...)
	}
	return append(args, "0")
}

// joined waits for the process to be in the scope: the call only begins the job.
func (h host) joined(ctx context.Context, pid int, unit string) (string, error) {
	for {
		text, err := os.ReadFile(filepath.Join(h.proc, strconv.Itoa(pid), "cgroup"))
		if err != nil {
			return "", err
		}
		if path, err := own(string(text)); err == nil && filepath.Base(path) == unit {
			return filepath.Join(h.mount, path), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("systemd did not put the process into %s", unit)
		case <-time.After(time.Millisecond):
		}
	}
}

// kept sees which limits hold: a manager that was not given a controller takes the
// property and does nothing.
func (h host) kept(dir string, l Limits) []Unenforced {
	var missing []Unenforced
	for _, c := range l.controllers() {
		if got := words(filepath.Join(dir, c+".max")); len(got) == 0 || got[0] == "max" {
			missing = append(missing, unenforced(c, "the controller "+c+" is not delegated to your manager of systemd"))
		}
	}
	return missing
}
