package userns

import (
	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// probeInside is the child's part of Probe: one mount of each kind, thrown away.
func (b *builder) probeInside() []Fact {
	var facts []Fact
	if err := b.private; err != nil {
		return []Fact{fact("mount", true, NeedsMount, "", err)}
	}
	err := b.makeScratch()
	facts = append(facts, fact("mount", true, NeedsMount, "tmpfs", err))
	if err != nil {
		return facts
	}
	try := func(name string, required bool, needs string, mount func() (int, error)) {
		fd, err := mount()
		if err == nil {
			sys.Close(fd)
		}
		facts = append(facts, fact(name, required, needs, "", err))
	}
	try("overlay", false, NeedsOverlay, func() (int, error) {
		lower, _, err := b.memoryLayer()
		if err != nil {
			return -1, err
		}
		return b.overlayMount([]string{lower}, "", "")
	})
	try("proc", false, NeedsProc, func() (int, error) { return sys.NewMount("proc", sys.NoSuid|sys.NoDev|sys.NoExec) })
	try("sysfs", false, NeedsMount, func() (int, error) { return sys.NewMount("sysfs", sys.ReadOnly) })
	try("devpts", true, NeedsMount, b.devpts)
	try("mqueue", false, NeedsMount, func() (int, error) { return sys.NewMount("mqueue", sys.NoSuid) })
	return append(facts, fact("network namespace", true, NeedsNetwork, "lo", sys.LoopbackUp()))
}
