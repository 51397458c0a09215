package main

// bwrapHost is bubblewrap's nearest to our host base.
func bwrapHost() command {
	return command{name: "bwrap", args: []string{"bwrap", "--ro-bind", "/", "/",
		"--dev", "/dev", "--proc", "/proc", "--unshare-all", "true"}}
}

func (b *bench) bwrapRootfs() command {
	return command{name: "bwrap", args: []string{"bwrap", "--bind", b.rootfs, "/",
		"--dev", "/dev", "--proc", "/proc", "--unshare-all", "true"}}
}

func (b *bench) ids() string {
	if b.single {
		return "one id"
	}
	return "id range"
}

// runHost: a command in a sandbox of its own on the host base. The bar is for
// one id, as bubblewrap maps it.
func runHost(b *bench) error {
	ours := b.sandbox("run", "--network", "none", "--", "true")
	if b.absent("bwrap") {
		f, err := interleave(b.rounds, ours)
		if err == nil {
			b.times("run, host base, "+b.ids(), f[0])
		}
		return err
	}
	f, err := interleave(b.rounds, ours, bwrapHost())
	if err != nil {
		return err
	}
	b.times("run, host base, "+b.ids(), f[0])
	b.times("  bwrap --ro-bind / /", f[1])
	if b.single {
		b.atMost("  beside bwrap", f[0], f[1], 2)
	} else {
		b.read("  beside bwrap", f[0], f[1])
	}
	return nil
}

// runRootfs: the same over a directory of its own, by an overlay.
func runRootfs(b *bench) error {
	if b.rootfs == "" {
		return nil
	}
	commands := []command{b.sandbox("run", "--network", "none", "--image", "rootfs:"+b.rootfs, "--", "true")}
	hasBwrap, hasPodman := !b.absent("bwrap"), false
	if hasBwrap {
		commands = append(commands, b.bwrapRootfs())
	}
	p, err := b.newPodman()
	if err != nil {
		return err
	}
	if hasPodman = p != nil; hasPodman {
		defer p.clean()
		commands = append(commands, p.run())
	}
	f, err := interleave(b.rounds, commands...)
	if err != nil {
		return err
	}
	work := "run, rootfs by overlay, " + b.ids()
	b.times(work, f[0])
	if hasBwrap {
		b.times("  bwrap --bind ROOTFS /", f[1])
		b.atMost("  beside bwrap", f[0], f[1], 3)
	}
	if hasPodman {
		last := f[len(f)-1]
		b.times("  podman run --network none", last)
		b.faster("  beside podman run", f[0], last, 12)
	}
	return nil
}

// read adds a ratio without a bar.
func (b *bench) read(work string, ours, peer figures) {
	b.atMost(work, ours, peer, 0)
	last := &b.rows[len(b.rows)-1]
	last.bar, last.met = "", noBar
}
