// Package sys is the only place that calls the kernel by number. Each wrapper
// retries EINTR, names its call in the error, and returns close-on-exec
// descriptors.
package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// retry runs f until it answers something other than EINTR and names the call.
func retry(call, path string, f func() error) error {
	for {
		switch err := f(); err {
		case nil:
			return nil
		case unix.EINTR:
		default:
			if path == "" {
				return os.NewSyscallError(call, err)
			}
			return &os.PathError{Op: call, Path: path, Err: err}
		}
	}
}

// retryFD is retry for calls that return a descriptor.
func retryFD(call, path string, f func() (int, error)) (fd int, err error) {
	err = retry(call, path, func() (e error) {
		fd, e = f()
		return e
	})
	if err != nil {
		return -1, err
	}
	return fd, nil
}
