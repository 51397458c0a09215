// Package cgroup keeps the processes of a sandbox together below limits. It answers:
// which control group of version 2 may this user put them in, and how?
//
// A user manager of systemd makes a scope on request; it owns the hierarchy where it
// runs (systemd.io/CGROUP_DELEGATION, "single-writer rule"). Elsewhere, in a container
// or where an administrator gave a directory away, a group is made directly, below
// the nearest directory above this process that this user may write.
package cgroup

import (
	"errors"
	"strings"
)

// Limits of all processes together; 0 is none.
type Limits struct {
	Memory int64 // bytes, without swap
	CPUs   float64
}

// Any reports whether there is a limit at all.
func (l Limits) Any() bool { return l.Memory > 0 || l.CPUs > 0 }

// controllers are those that the limits need.
func (l Limits) controllers() []string {
	var out []string
	if l.Memory > 0 {
		out = append(out, "memory")
	}
	if l.CPUs > 0 {
		out = append(out, "cpu")
	}
	return out
}

// Unenforced is a limit that this host cannot keep.
type Unenforced struct {
	Limit string // memory | cpus
	Why   string
}

// Put moves the process pid, which has no child yet, into a group of its own under a
// name, and sets the limits. dir is the group's directory; what cannot be limited is
// in the list, and dir is empty when nothing can.
func Put(pid int, name string, l Limits) (dir string, missing []Unenforced) {
	return host{mount: mountPoint, proc: "/proc", systemd: scope}.put(pid, name, l)
}

// host is where the kernel's files are, and how systemd is asked.
type host struct {
	mount, proc string
	systemd     func(h host, pid int, name string, l Limits) (dir string, err error)
}

const mountPoint = "/sys/fs/cgroup"

func (h host) put(pid int, name string, l Limits) (string, []Unenforced) {
	if err := h.version(); err != nil {
		return "", all(l, err.Error())
	}
	dir, err := h.systemd(h, pid, name, l)
	if err == nil {
		return dir, h.kept(dir, l)
	}
	if errors.Is(err, errNoManager) {
		dir, missing := h.direct(pid, name, l)
		if dir == "" {
			for i := range missing {
				missing[i].Why += "; " + errNoManager.Error()
			}
		}
		return dir, missing
	}
	if dir, missing := h.direct(pid, name, l); dir != "" {
		return dir, missing
	}
	return "", all(l, err.Error())
}

// all says the same of every limit.
func all(l Limits, why string) []Unenforced {
	var out []Unenforced
	for _, c := range l.controllers() {
		out = append(out, unenforced(c, why))
	}
	return out
}

func unenforced(controller, why string) Unenforced {
	limit := controller
	if controller == "cpu" {
		limit = "cpus"
	}
	return Unenforced{limit, why}
}

// own is the directory of this process's group, from /proc/self/cgroup (cgroups(7)).
func own(text string) (string, error) {
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			if !strings.HasPrefix(path, "/") || strings.HasPrefix(path+"/", "/../") {
				return "", errors.New("this process is in a control group that it cannot see")
			}
			return path, nil
		}
	}
	return "", errors.New("this process is in no control group of version 2")
}
