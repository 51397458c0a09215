package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Prefix begins the names of groups that this program makes.
const Prefix = "sandbox-"

// version tells whether controllers can be had here at all.
func (h host) version() error {
	if _, err := os.Stat(filepath.Join(h.mount, "cgroup.controllers")); err != nil {
		return errors.New("control groups of version 2 are not at " + h.mount)
	}
	return nil
}

// direct makes a group below the nearest directory above this process that is the
// user's to write and can hand the controllers on.
func (h host) direct(pid int, name string, l Limits) (string, []Unenforced) {
	text, err := os.ReadFile(filepath.Join(h.proc, "self/cgroup"))
	if err != nil {
		return "", all(l, err.Error())
	}
	path, err := own(string(text))
	if err != nil {
		return "", all(l, err.Error())
	}
	parent, has := h.parent(path, l.controllers())
	if parent == "" {
		return "", all(l, "no control group with the controllers "+strings.Join(l.controllers(), " and ")+" is delegated to you")
	}
	var missing []Unenforced
	for _, c := range l.controllers() {
		if !slices.Contains(has, c) {
			missing = append(missing, unenforced(c, "the controller "+c+" is not delegated to you"))
		}
	}
	if !slices.Contains(has, "memory") {
		l.Memory = 0
	}
	if !slices.Contains(has, "cpu") {
		l.CPUs = 0
	}
	sweep(parent)
	dir, err := "", fs.ErrNotExist
	for range 3 { // another's sweep may take it before the process is in it
		if dir, err = makeGroup(parent, pid, name, l); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return "", append(missing, all(l, err.Error())...)
	}
	return dir, missing
}

// parent looks upward from the own group. Where one is found that has only some of
// the controllers, a higher one with more wins.
func (h host) parent(path string, want []string) (dir string, has []string) {
	for ; ; path = filepath.Dir(path) {
		at := filepath.Join(h.mount, path)
		if !writable(at) {
			return dir, has
		}
		if can := handsOn(at, want); len(can) > len(has) {
			dir, has = at, can
		}
		if len(has) == len(want) || path == "/" {
			return dir, has
		}
	}
}

const writeAccess = 2

// writable: for the kernel, moving a process needs the right to write cgroup.procs of
// the common ancestor as well (cgroup-v2, "Delegation Containment"), which this is.
func writable(dir string) bool {
	return syscall.Access(dir, writeAccess) == nil && syscall.Access(filepath.Join(dir, "cgroup.procs"), writeAccess) == nil
}

// handsOn gives the controllers that groups below dir can have: those that it hands on
// already, or can be told to. With processes of its own it cannot ("No Internal Process
// Constraint").
func handsOn(dir string, want []string) []string {
	control := filepath.Join(dir, "cgroup.subtree_control")
	offers := words(filepath.Join(dir, "cgroup.controllers"))
	for _, c := range want {
		if slices.Contains(offers, c) && !slices.Contains(words(control), c) {
			_ = os.WriteFile(control, []byte("+"+c), 0) // refused: it is not among what counts below
		}
	}
	var out []string
	on := words(control)
	for _, c := range want {
		if slices.Contains(on, c) {
			out = append(out, c)
		}
	}
	return out
}

func words(file string) []string {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return strings.Fields(string(b))
}

// makeGroup makes the group; what is left of an earlier one of the name is used.
func makeGroup(parent string, pid int, name string, l Limits) (string, error) {
	dir := filepath.Join(parent, Prefix+name)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	err := set(dir, l)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644)
	}
	if err != nil {
		_ = os.Remove(dir)
		return "", err
	}
	return dir, nil
}

// period of cpu.max, in microseconds; the kernel's default.
const period = 100_000

func set(dir string, l Limits) error {
	write := func(file, value string) error {
		return os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644)
	}
	if l.Memory > 0 {
		if err := write("memory.max", strconv.FormatInt(l.Memory, 10)); err != nil {
			return err
		}
		if err := write("memory.swap.max", "0"); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return err // not there without swap accounting; cgroupfs lets nobody make files
		}
	}
	if l.CPUs > 0 {
		return write("cpu.max", fmt.Sprintf("%d %d", quota(l.CPUs), period))
	}
	return nil
}

// quota is at least the millisecond that the kernel asks for.
func quota(cpus float64) int64 { return max(int64(cpus*period), 1000) }

// sweep removes what runs left that were killed; a group with processes cannot be removed.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, Prefix+"run-*"))
	for _, dir := range left {
		_ = syscall.Rmdir(dir)
	}
}

// Remove removes a group that Put made, once its processes have ended. One of systemd
// goes by itself.
func Remove(dir string) error {
	if !strings.HasPrefix(filepath.Base(dir), Prefix) || strings.HasSuffix(dir, scopeSuffix) {
		return nil
	}
	if err := syscall.Rmdir(dir); err != nil && err != syscall.ENOENT {
		return &fs.PathError{Op: "remove control group", Path: dir, Err: err}
	}
	return nil
}
