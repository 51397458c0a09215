package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SetCaps sets permitted and effective of every thread to mask, which all of them must hold, and clears
// the inheritable and with it the ambient set. In a binary that was built with cgo, for the race detector say, the
// runtime cannot make a system call on all threads; then only this thread's are set.
func SetCaps(mask uint64) error {
	data := capData(mask, 0)
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data[0])), 0)
	switch e {
	case 0:
		return nil
	case syscall.ENOTSUP:
		return SetThreadCaps(mask, 0)
	}
	return &syscallError{"capset", e}
}
