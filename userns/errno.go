package userns

import (
	"errors"
	"syscall"
)

// errnoOf gives the kernel's number behind err, 0 for none, and the shortest text that says it.
func errnoOf(err error) (uintptr, string) {
	var no syscall.Errno
	if errors.As(err, &no) {
		return uintptr(no), no.Error()
	}
	return 0, err.Error()
}

// remoteError is the cause of an Error that happened in the child.
type remoteError struct {
	text  string
	errno uintptr
}

func (e remoteError) Error() string { return e.text }

func (e remoteError) Is(target error) bool {
	return e.errno != 0 && errors.Is(syscall.Errno(e.errno), target)
}

// Unwrap gives the number, for errors.As.
func (e remoteError) Unwrap() error {
	if e.errno == 0 {
		return nil
	}
	return syscall.Errno(e.errno)
}
