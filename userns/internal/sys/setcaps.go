//go:build !race

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SetCaps sets permitted and effective of every thread to mask, which all of them must hold, and clears
// the inheritable and with it the ambient set.
func SetCaps(mask uint64) error {
	data := capData(mask, 0)
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data[0])), 0)
	if e != 0 {
		return &syscallError{"capset", e}
	}
	return nil
}
