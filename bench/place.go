package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bench is the place of one run, and what it found out.
type bench struct {
	program string
	rounds  int
	single  bool
	dir     string // everything is below it, the program's own store too
	project string
	rootfs  string // a small root file system; empty when it cannot be made
	rows    []row
	notes   []string
	suite   string // of images from packages; empty: not measured
	image   string // a reference to pull; empty: not measured
}

func newBench(program string, rounds int) (*bench, error) {
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("%w (make build)", err)
	}
	if os.Geteuid() == 0 {
		return nil, errors.New("as root: make bench, which measures as an unprivileged user")
	}
	dir, err := os.MkdirTemp("", "sandbox-bench")
	if err != nil {
		return nil, err
	}
	b := &bench{program: program, rounds: rounds, dir: dir, project: filepath.Join(dir, "project")}
	for _, sub := range []string{b.project, b.runtime(), filepath.Join(dir, "data")} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			return nil, err
		}
	}
	return b, b.makeRootfs()
}

func (b *bench) runtime() string { return filepath.Join(b.dir, "run") }

// makeRootfs makes the smallest tree in which `true` runs.
func (b *bench) makeRootfs() error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		b.notes = append(b.notes, "busybox is not installed (apt-get install busybox-static): nothing with a root file system was measured")
		return nil
	}
	b.rootfs = filepath.Join(b.dir, "rootfs")
	for _, sub := range []string{"bin", "etc", "tmp", "proc", "dev", "sys", "root"} {
		if err := os.MkdirAll(filepath.Join(b.rootfs, sub), 0o755); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(busybox)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.rootfs, "bin/busybox"), data, 0o755); err != nil {
		return err
	}
	for _, applet := range []string{"true", "sh", "sleep", "cat"} {
		if err := os.Symlink("busybox", filepath.Join(b.rootfs, "bin", applet)); err != nil {
			return err
		}
	}
	return nil
}

// environ is a store and a socket directory of our own.
func (b *bench) environ() []string {
	return append(os.Environ(), "XDG_DATA_HOME="+filepath.Join(b.dir, "data"), "XDG_RUNTIME_DIR="+b.runtime())
}

// sandbox is the program with arguments, in the project.
func (b *bench) sandbox(args ...string) command {
	return command{name: "sandbox", args: append([]string{b.program}, args...), dir: b.project, env: b.environ()}
}

// must runs a command that is not measured.
func (b *bench) must(c command) error {
	out, err := c.cmd().CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.args, " "), err, out)
	}
	return nil
}

// clean removes everything. Files of subordinate ids are gone with rm --all.
func (b *bench) clean() {
	if err := b.must(b.sandbox("rm", "--all", "--volumes")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err := os.RemoveAll(b.dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// absent notes that a peer is not there, once.
func (b *bench) absent(peer string) bool {
	if _, err := exec.LookPath(peer); err == nil {
		return false
	}
	note := peer + " is not installed: nothing to compare with"
	for _, n := range b.notes {
		if n == note {
			return true
		}
	}
	b.notes = append(b.notes, note)
	return true
}
