package main

import "time"

// execTrue: a command in a sandbox that runs already.
func execTrue(b *bench) error {
	if err := b.must(b.sandbox("up", "--network", "none")); err != nil {
		return err
	}
	commands := []command{b.sandbox("exec", "--", "true")}
	hasBwrap := !b.absent("bwrap")
	if hasBwrap {
		commands = append(commands, bwrapHost())
	}
	p, err := b.newPodman()
	if err != nil {
		return err
	}
	if p != nil {
		defer p.clean()
		if err := b.must(p.command("run", "--detach", "--name", "bench", "--network", "none", p.image, "sleep", "3600")); err != nil {
			return err
		}
		commands = append(commands, p.command("exec", "bench", "true"))
	}
	f, err := interleave(b.rounds, commands...)
	if err != nil {
		return err
	}
	b.times("exec", f[0])
	if hasBwrap {
		b.times("  bwrap, a start of its own", f[1])
		b.atMost("  beside bwrap", f[0], f[1], 1.5)
	}
	if p != nil {
		b.times("  podman exec", f[len(f)-1])
		b.faster("  beside podman exec", f[0], f[len(f)-1], 25)
	}
	return b.must(b.sandbox("rm"))
}

// upWarm: up of a stopped sandbox beside up of a running one.
func upWarm(b *bench) error {
	if err := b.must(b.sandbox("up", "--network", "none")); err != nil {
		return err
	}
	up := b.sandbox("up", "--network", "none")
	var started, running figures
	for range b.rounds {
		if err := b.must(b.sandbox("down")); err != nil {
			return err
		}
		for _, into := range []*figures{&started, &running} {
			took, err := once(up)
			if err != nil {
				return err
			}
			*into = append(*into, took)
		}
	}
	b.times("up of a stopped sandbox", started)
	b.times("  up of a running one", running)
	more := started.median() - running.median()
	b.add("  more than nothing to do", ms(more), "<= 25 ms", judge(more <= 25*time.Millisecond))
	return b.must(b.sandbox("rm"))
}
