package sys

import "golang.org/x/sys/unix"

// Affinity lists the processors that the calling thread may run on (sched_getaffinity(2)).
func Affinity() ([]int, error) {
	var set unix.CPUSet
	if err := retry("sched_getaffinity", "", func() error { return unix.SchedGetaffinity(0, &set) }); err != nil {
		return nil, err
	}
	var list []int
	for n := 0; n < len(set)*64 && len(list) < set.Count(); n++ {
		if set.IsSet(n) {
			list = append(list, n)
		}
	}
	return list, nil
}

// SetAffinity keeps the calling thread on some processors.
func SetAffinity(cpus []int) error {
	var set unix.CPUSet
	for _, n := range cpus {
		set.Set(n)
	}
	return retry("sched_setaffinity", "", func() error { return unix.SchedSetaffinity(0, &set) })
}
