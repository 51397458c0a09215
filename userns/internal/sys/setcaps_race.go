//go:build race

package sys

// SetCaps sets them for this thread only: the race detector needs cgo, and with cgo the runtime cannot make
// a system call on all threads. Such a binary is for tests of everything but this.
func SetCaps(mask uint64) error { return SetThreadCaps(mask, 0) }
