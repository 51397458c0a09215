package sandbox

import (
	"errors"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// DeviceError: a device that the configuration names cannot be had.
type DeviceError struct {
	Path string
	Err  error
}

func (e *DeviceError) Error() string { return "device " + e.Path + ": " + e.Err.Error() }
func (e *DeviceError) Unwrap() error { return e.Err }

var errNoDevice = errors.New("not a device")

// devices is what of this host's devices a sandbox is given.
type devices struct {
	paths []string
	libs  []userns.Op // what programs need to use them
	env   []string
	// keepGroups: one of them is the caller's by a group alone. A sandbox with a range
	// of ids has groups of its own; then its user keeps the caller's as well.
	keepGroups bool
}

const (
	readWrite = 4 | 2
	search    = 1
)

// byGroupAlone reports whether a group is what gives these permissions (4, 2 and 1 for reading, writing
// and searching). What is the caller's in owner and group is root's inside as well, without it.
func byGroupAlone(st os.FileInfo, want os.FileMode) bool {
	own, ok := st.Sys().(*syscall.Stat_t)
	has := func(shift uint) bool { return st.Mode().Perm()>>shift&want == want }
	mine := ok && int(own.Uid) == os.Getuid() && int(own.Gid) == os.Getgid()
	return ok && !mine && has(3) && !has(0)
}

// sharedByGroup reports whether the project, or something that is bound beside it, is the caller's to
// use by a group.
func sharedByGroup(s spec.Spec) bool {
	sources := []string{s.Top()}
	for _, m := range s.Mounts {
		if m.Type == "bind" {
			sources = append(sources, m.Source)
		}
	}
	for _, path := range sources {
		st, err := os.Stat(path)
		if err != nil {
			continue // the mount will say so
		}
		if byGroupAlone(st, readWrite) || st.IsDir() && byGroupAlone(st, search) {
			return true
		}
	}
	return false
}

// findDevices looks at the devices that are asked for, without opening any: for some
// that means something (watchdogs, tapes).
func findDevices(s spec.Security, emit func(spec.Event)) (devices, error) {
	var d devices
	tell := func(what, why string) { emit(spec.Event{Kind: "degraded", Name: what, Detail: why}) }
	for _, path := range s.Devices {
		st, err := os.Stat(path)
		if err == nil && st.Mode()&os.ModeDevice == 0 {
			err = errNoDevice
		}
		if err != nil {
			return d, &DeviceError{path, unwrapPath(err)}
		}
		if why := d.add(path, st); why != "" {
			tell("devices", why)
		}
	}
	if s.GPU {
		for _, why := range d.addGPU("/") {
			tell("gpu", why)
		}
	}
	return d, nil
}

// add takes a device in and says why it cannot be used, if so.
func (d *devices) add(path string, st os.FileInfo) string {
	if slices.Contains(d.paths, path) {
		return ""
	}
	d.paths = append(d.paths, path)
	own, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	if err := syscall.Access(path, readWrite); err != nil {
		why := path + " cannot be used inside, because you cannot use it yourself: " + err.Error()
		if g, err := user.LookupGroupId(strconv.Itoa(int(own.Gid))); err == nil && st.Mode().Perm()&0o060 == 0o060 {
			why += "; it is for the group " + g.Name
		}
		return why
	}
	if byGroupAlone(st, readWrite) {
		d.keepGroups = true
	}
	return ""
}

func (d devices) ops() []userns.Op {
	ops := make([]userns.Op, 0, len(d.paths)+len(d.libs))
	for _, path := range d.paths {
		ops = append(ops, userns.Op{Kind: userns.OpDevice, Source: path, Target: path})
	}
	return append(ops, d.libs...)
}
