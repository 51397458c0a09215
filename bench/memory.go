package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
)

// bigLayers and bigFiles make an image of 1.2 GB: three layers of a hundred files of 4 MB.
const (
	bigLayers = 3
	bigFiles  = 100
	bigFile   = 4 << 20
)

// extractMemory: what unpacking takes, of all processes that take part, at its highest.
func extractMemory(b *bench) error {
	dir := filepath.Join(b.dir, "big")
	c := oci.Content{Config: v1.Image{Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH}}}
	for n := range bigLayers {
		c.Layers = append(c.Layers, bigLayer(uint64(n)))
	}
	if _, err := oci.WriteLayout(dir, "big:1", c); err != nil {
		return err
	}
	pull := b.sandbox("image", "pull", "oci:"+dir)
	pull.env = b.store("memory")
	kb, err := peak(pull)
	if err != nil {
		return err
	}
	mb := float64(kb) / 1000
	b.add("memory of unpacking 1.2 GB, highest RSS, "+b.ids(), fmt.Sprintf("%.0f MB", mb), "< 150 MB", judge(mb < 150))
	return errors.Join(b.empty(pull.env)(), os.RemoveAll(dir))
}

// bigLayer writes files that pack to about a half.
func bigLayer(seed uint64) func(io.Writer) error {
	return func(w io.Writer) error {
		t := tar.NewWriter(w)
		random := rand.New(rand.NewPCG(seed, 1))
		text := make([]byte, bigFile)
		for n := range bigFiles {
			for i := range text {
				text[i] = byte(random.Uint32N(16))
			}
			h := &tar.Header{Name: fmt.Sprintf("layer%d/%d", seed, n), Mode: 0o644, Size: bigFile, Typeflag: tar.TypeReg}
			if err := t.WriteHeader(h); err != nil {
				return err
			}
			if _, err := t.Write(text); err != nil {
				return err
			}
		}
		return t.Close()
	}
}

// peak runs a command and answers the highest resident set sizes of its process
// and of those below it, in kB, added up: more than what there was at any moment.
func peak(c command) (int, error) {
	cmd := c.cmd()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	highest := map[int]int{}
	for {
		for _, pid := range append(children(cmd.Process.Pid), cmd.Process.Pid) {
			highest[pid] = max(highest[pid], highWater(pid))
		}
		select {
		case err := <-done:
			total := 0
			for _, kb := range highest {
				total += kb
			}
			return total, err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// highWater is VmHWM of proc_pid_status(5); 0 of a process that is gone.
func highWater(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb
		}
	}
	return 0
}
