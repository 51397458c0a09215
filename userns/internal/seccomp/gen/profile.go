package main

import (
	"fmt"
	"slices"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// oldestKernel is the oldest one this project runs on; rules for kernels up to it always apply.
func oldestKernel() moby.KernelVersion { return moby.KernelVersion{Kernel: 5, Major: 12} }

// rules is the profile for one architecture, by capabilities.
type rules struct {
	goarch string
	all    []*moby.Syscall
}

// profile reads Docker's default profile and refuses one whose form this generator does not know.
func profile(goarch string) (rules, error) {
	p := moby.DefaultProfile()
	if p.DefaultAction != specs.ActErrno || p.DefaultErrnoRet == nil || *p.DefaultErrnoRet != 1 {
		return rules{}, fmt.Errorf("read profile: default action %s is not EPERM", p.DefaultAction)
	}
	for _, s := range p.Syscalls {
		for _, f := range []*moby.Filter{s.Includes, s.Excludes} {
			if err := understood(f); err != nil {
				return rules{}, fmt.Errorf("read rule for %s: %w", s.Names[0], err)
			}
		}
	}
	return rules{goarch, p.Syscalls}, nil
}

// understood refuses conditions that cannot be decided now or by one capability at a time.
func understood(f *moby.Filter) error {
	if f == nil {
		return nil
	}
	if f.MinKernel != nil && newer(*f.MinKernel, oldestKernel()) {
		return fmt.Errorf("kernel %s is newer than the oldest supported", f.MinKernel)
	}
	if len(f.Caps) > 1 {
		return fmt.Errorf("%d capabilities in one condition", len(f.Caps))
	}
	for _, c := range f.Caps {
		if !slices.Contains(capabilities(), c) {
			return fmt.Errorf("unknown capability %s", c)
		}
	}
	return nil
}

func newer(a, b moby.KernelVersion) bool {
	return a.Kernel > b.Kernel || (a.Kernel == b.Kernel && a.Major > b.Major)
}

// applying gives the rules that apply to a workload that may hold caps.
func (r rules) applying(caps uint64) []specs.LinuxSyscall {
	var out []specs.LinuxSyscall
	for _, s := range r.all {
		if r.included(s.Includes, caps) && !r.excluded(s.Excludes, caps) {
			out = append(out, s.LinuxSyscall)
		}
	}
	return out
}

// included reports whether every part of the condition holds.
func (r rules) included(f *moby.Filter, caps uint64) bool {
	if f == nil {
		return true
	}
	return (len(f.Arches) == 0 || slices.Contains(f.Arches, r.goarch)) &&
		(len(f.Caps) == 0 || caps&capability(f.Caps[0]) != 0)
}

// excluded reports whether one part of the condition holds.
func (r rules) excluded(f *moby.Filter, caps uint64) bool {
	if f == nil {
		return false
	}
	return slices.Contains(f.Arches, r.goarch) || f.MinKernel != nil ||
		(len(f.Caps) != 0 && caps&capability(f.Caps[0]) != 0)
}
