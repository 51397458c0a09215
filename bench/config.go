package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// configuration: how long it takes to read a configuration with something of
// everything, to show it, and to find that a running sandbox is as it says. The same
// without any file, and with many variables that belong to nobody, is there to be read.
func configuration(b *bench) error {
	dir := filepath.Join(b.dir, "configured")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".sandbox.yaml"), []byte(configured()), 0o600); err != nil {
		return err
	}
	in := func(c command) command { c.dir = dir; return c }
	crowded := func(c command) command {
		for i := range 200 {
			c.env = append(c.env, fmt.Sprintf("SANDBOX_OF_ANOTHER_PROGRAM_%d=x", i))
		}
		return c
	}
	show, up, validate := in(b.sandbox("config", "show")), in(b.sandbox("up")), in(b.sandbox("config", "validate"))
	if err := b.must(up); err != nil {
		return err
	}
	f, err := interleave(b.rounds, show, up, validate, b.sandbox("config", "show"), crowded(show))
	if err != nil {
		return err
	}
	b.within("config show", f[0], 30*time.Millisecond)
	b.within("up, nothing changed", f[1], 40*time.Millisecond)
	b.times("  config validate", f[2])
	b.times("  config show without a file", f[3])
	b.times("  config show beside 200 variables of others", f[4])
	return b.must(in(b.sandbox("rm")))
}

// configured is a file of some length: 300 variables, 20 mounts, hooks.
func configured() string {
	var t strings.Builder
	t.WriteString("version: 1\nname: configured\nnetwork: {mode: none}\nlimits: {nofile: 4096}\nenv:\n")
	for i := range 300 {
		fmt.Fprintf(&t, "  VARIABLE_%d: \"${project.dir}/of/some/length/${HOME:-none}/%d\"\n", i, i)
	}
	t.WriteString("mounts:\n")
	for i := range 20 {
		fmt.Fprintf(&t, "  - {type: tmpfs, target: /tmp/t%d, size: 1m}\n", i)
	}
	t.WriteString("hooks:\n  create: {a: \"true\", b: [\"true\", x]}\n  start: \"true\"\n")
	return t.String()
}

// within adds a time under an upper bar of its own.
func (b *bench) within(work string, f figures, bar time.Duration) {
	b.times(work, f)
	last := &b.rows[len(b.rows)-1]
	last.bar, last.met = "<= "+bar.String(), judge(f.median() <= bar)
}
