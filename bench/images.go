package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// imageRounds is how often something that takes seconds is done.
const imageRounds = 3

// before is a command that is prepared anew each time, outside of what is measured.
type before struct {
	prepare func() error
	command
}

// alternate measures commands in turn, each with its preparation.
func alternate(commands ...before) ([]figures, error) {
	all := make([]figures, len(commands))
	for range imageRounds {
		for i, c := range commands {
			if err := c.prepare(); err != nil {
				return nil, err
			}
			took, err := once(c.command)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], took)
		}
	}
	return all, nil
}

// store is a store of its own, so that nothing is in it.
func (b *bench) store(name string) []string {
	return append(b.environ(), "SANDBOX_DATA_DIR="+filepath.Join(b.dir, name))
}

// empty deletes a store by the means that users have.
func (b *bench) empty(env []string) func() error {
	return func() error {
		prune := b.sandbox("prune", "--all")
		prune.env = env
		return b.must(prune)
	}
}

// aptImage: a Debian system from the archive beside mmdebstrap.
func aptImage(b *bench) error {
	if b.suite == "" {
		return nil
	}
	image := "apt:" + b.suite
	pull := b.sandbox("image", "pull", image)
	pull.env = b.store("apt")
	again := pull // the packages are in the cache, the image is not
	commands := []before{
		{b.empty(pull.env), pull},
		{func() error {
			rm := b.sandbox("image", "rm", image)
			rm.env = pull.env
			return b.must(rm)
		}, again},
	}
	peer := !b.absent("mmdebstrap") && !b.single
	if peer {
		tar := filepath.Join(b.dir, "mmdebstrap.tar")
		commands = append(commands, before{func() error { return os.RemoveAll(tar) }, command{
			name: "mmdebstrap", args: []string{"mmdebstrap", "--quiet", "--mode=unshare", "--variant=minbase", b.suite, tar},
		}})
	}
	f, err := alternate(commands...)
	if err != nil {
		return err
	}
	b.times(image+", empty cache, "+b.ids(), f[0])
	b.times("  with the packages in the cache", f[1])
	if peer {
		b.times("  mmdebstrap minbase", f[2])
		b.atMost("  beside mmdebstrap", f[0], f[2], 0.5)
		b.atMost("  from the cache, beside it", f[1], f[2], 0.3)
	}
	return b.empty(pull.env)()
}

// aptWarm: a command in an image that is here beside one on the host base.
func aptWarm(b *bench) error {
	if b.suite == "" {
		return nil
	}
	run := func(image string) command {
		c := b.sandbox("run", "--network", "none", "--image", image, "--", "true")
		c.env = b.store("apt")
		return c
	}
	f, err := interleave(b.rounds, run("apt:"+b.suite), run("host"))
	if err != nil {
		return err
	}
	more := f[0].median() - f[1].median()
	b.add("apt:"+b.suite+", unchanged, more than host", ms(more), "<= 30 ms", judge(more <= 30*time.Millisecond))
	return b.empty(b.store("apt"))()
}

// pullImage: an image of a registry on this machine, see image.sh.
func pullImage(b *bench) error {
	if b.image == "" {
		return nil
	}
	pull := b.sandbox("image", "pull", b.image)
	pull.env = b.store("pull")
	commands := []before{{b.empty(pull.env), pull}}
	p, err := b.newPodman()
	if err != nil {
		return err
	}
	if p != nil {
		defer p.clean()
		commands = append(commands, before{func() error {
			return p.command("rmi", "--all", "--force").cmd().Run()
		}, p.command("pull", "--quiet", "--tls-verify=false", b.image)})
	}
	umoci := b.hasUmoci()
	if umoci {
		dir := filepath.Join(b.dir, "umoci")
		script := fmt.Sprintf("skopeo copy -q --src-tls-verify=false docker://%s oci:%s/layout:1 && umoci unpack --rootless --image %s/layout:1 %s/bundle", b.image, dir, dir, dir)
		commands = append(commands, before{func() error {
			return b.must(command{args: []string{"sh", "-c", "chmod -R u+rwx " + dir + " 2>/dev/null; rm -rf " + dir + "; mkdir " + dir}})
		}, command{name: "skopeo and umoci", args: []string{"sh", "-c", script}}})
	}
	f, err := alternate(commands...)
	if err != nil {
		return err
	}
	b.times("pull and unpack, "+b.ids(), f[0])
	at := 1
	if p != nil {
		b.times("  podman pull", f[at])
		b.atMost("  beside podman pull", f[0], f[at], 0.45)
		at++
	}
	if umoci {
		b.times("  skopeo copy + umoci unpack", f[at])
		b.atMost("  beside skopeo and umoci", f[0], f[at], 0.4)
	}
	return b.empty(pull.env)()
}

func (b *bench) hasUmoci() bool {
	for _, program := range []string{"skopeo", "umoci"} {
		if _, err := exec.LookPath(program); err != nil {
			return !b.absent(program)
		}
	}
	return true
}
