package userns

import "github.com/rootless-sandbox/sandbox/userns/internal/sys"

// PinThread keeps the calling thread, and what it starts from then on, on some of the processors,
// by number. The goroutine is locked to its thread until restore.
func PinThread(cpus []int) (restore func(), err error) {
	before, err := sys.Affinity()
	if err != nil {
		return nil, err
	}
	if err := sys.SetAffinity(cpus); err != nil {
		return nil, err
	}
	return func() { _ = sys.SetAffinity(before) }, nil
}

// Processors are the numbers of those that this thread may run on.
func Processors() ([]int, error) { return sys.Affinity() }
