package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// podman is the peer with a store of its own below the bench's directory.
type podman struct {
	b     *bench
	dir   string
	image string
}

// newPodman imports the bench's root file system. It returns nil when podman
// is not there or does not run here; that is a note, not a failure.
func (b *bench) newPodman() (*podman, error) {
	if b.rootfs == "" || b.absent("podman") {
		return nil, nil
	}
	p := &podman{b: b, dir: filepath.Join(b.dir, "podman"), image: "localhost/sandbox-bench:latest"}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	tar := filepath.Join(b.dir, "rootfs.tar")
	if err := b.must(command{args: []string{"tar", "-C", b.rootfs, "-cf", tar, "."}}); err != nil {
		return nil, err
	}
	for _, c := range []command{p.command("import", tar, p.image), p.run()} {
		if err := b.must(c); err != nil {
			b.notes = append(b.notes, fmt.Sprintf("podman is installed but does not run here: %v", err))
			p.clean()
			return nil, nil
		}
	}
	return p, nil
}

func (p *podman) command(args ...string) command {
	flags := []string{"podman", "--root", filepath.Join(p.dir, "root"), "--runroot", filepath.Join(p.dir, "run"),
		"--cgroup-manager", "cgroupfs", "--log-level", "error"}
	if _, err := exec.LookPath("runc"); err == nil {
		flags = append(flags, "--runtime", "runc") // crun refuses some machines
	}
	return command{name: "podman", args: append(flags, args...), env: append(os.Environ(), "XDG_RUNTIME_DIR="+p.b.runtime())}
}

func (p *podman) run() command {
	return p.command("run", "--rm", "--network", "none", p.image, "true")
}

// clean empties the store from inside podman's own user namespace: its files
// belong to subordinate ids. Then it ends the process that podman leaves behind
// to keep that namespace.
func (p *podman) clean() {
	_ = p.command("rm", "--all", "--force", "--time", "0").cmd().Run()
	_ = p.command("unshare", "rm", "-rf", filepath.Join(p.dir, "root")).cmd().Run()
	_ = p.command("system", "migrate").cmd().Run()
}
