package sys

import (
	"golang.org/x/sys/unix"
)

// LastCap is the highest capability that this package names (capabilities(7)).
const LastCap = unix.CAP_LAST_CAP

// AllCaps lists every capability, for SysProcAttr.AmbientCaps. The kernel may know fewer; more is EINVAL.
func AllCaps() []uintptr {
	caps := make([]uintptr, 0, LastCap+1)
	for c := uintptr(0); c <= LastCap; c++ {
		if r, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0); err == nil && r >= 0 {
			caps = append(caps, c)
		}
	}
	return caps
}

// BoundThread takes every capability outside mask out of this thread's bounding set.
func BoundThread(mask uint64) error {
	for c := uintptr(0); c <= LastCap; c++ {
		if mask&(1<<c) != 0 {
			continue
		}
		err := retry("prctl PR_CAPBSET_DROP", "", func() error { return unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0) })
		if err != nil && c <= unix.CAP_WAKE_ALARM {
			return err
		}
	}
	return nil
}

// NoNewPrivs keeps this thread and what it starts from gaining rights by an exec.
func NoNewPrivs() error {
	return retry("prctl PR_SET_NO_NEW_PRIVS", "", func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
}

// capData splits a mask into the kernel's two halves.
func capData(effective, inheritable uint64) [2]unix.CapUserData {
	half := func(shift uint) unix.CapUserData {
		return unix.CapUserData{
			Effective:   uint32(effective >> shift),
			Permitted:   uint32(effective >> shift),
			Inheritable: uint32(inheritable >> shift),
		}
	}
	return [2]unix.CapUserData{half(0), half(32)}
}

// SetThreadCaps sets this thread's permitted and effective capabilities, and the ambient ones, a part of them.
func SetThreadCaps(mask, ambient uint64) error {
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	data := capData(mask, ambient)
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := retry("capset", "", func() error { return unix.Capset(&head, &data[0]) }); err != nil {
		return err
	}
	for c := uintptr(0); c <= LastCap; c++ {
		if ambient&(1<<c) == 0 {
			continue
		}
		err := retry("prctl PR_CAP_AMBIENT_RAISE", "", func() error {
			return unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
