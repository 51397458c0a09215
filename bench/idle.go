package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// info is what inspect and ps tell that matters here.
type info struct {
	PID    int    `json:"pid"`
	Status string `json:"status"`
}

// settle is how long a sandbox has had nothing to do when it counts as idle.
const settle = 3 * time.Second

// idleMemory: what a sandbox costs that does nothing.
func idleMemory(b *bench) error {
	if err := b.must(b.sandbox("up", "--network", "none")); err != nil {
		return err
	}
	if err := b.must(b.sandbox("exec", "--", "true")); err != nil { // it has worked once
		return err
	}
	out, err := b.sandbox("inspect").cmd().Output()
	if err != nil {
		return err
	}
	var i info
	if err := json.Unmarshal(out, &i); err != nil {
		return err
	}
	time.Sleep(settle)
	kb, err := pss(i.PID)
	if err != nil {
		return err
	}
	mb := float64(kb) / 1000
	b.add("memory of an idle sandbox, PSS", fmt.Sprintf("%.2f MB", mb), "<= 2.5 MB", judge(mb <= 2.5))
	return b.must(b.sandbox("rm"))
}

// pss is the proportional set size of a process and of those below it, in kB.
func pss(pid int) (int, error) {
	total := 0
	for _, p := range append(children(pid), pid) {
		f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if err != nil {
			return 0, err
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			if words := strings.Fields(s.Text()); len(words) > 1 && words[0] == "Pss:" {
				kb, err := strconv.Atoi(words[1])
				if err != nil {
					return 0, err
				}
				total += kb
			}
		}
		if err := f.Close(); err != nil {
			return 0, err
		}
	}
	return total, nil
}

func children(pid int) []int {
	var all []int
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		words, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(words)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(append(all, child), children(child)...)
			}
		}
	}
	return all
}

// hundred: a hundred sandboxes up at once, then down, then nothing.
func hundred(b *bench) error {
	start := time.Now()
	if err := b.each(100, "up", "--network", "none"); err != nil {
		return err
	}
	up := time.Since(start)
	if err := b.must(b.sandbox("down", "--all")); err != nil {
		return err
	}
	took := time.Since(start)
	b.add("100 sandboxes up at once", fmt.Sprintf("%.1f s", up.Seconds()), "", noBar)
	b.add("  and down again", fmt.Sprintf("%.1f s in all", took.Seconds()), "< 10 s", judge(took < 10*time.Second))
	if err := b.must(b.sandbox("rm", "--all")); err != nil {
		return err
	}
	left := b.left()
	b.add("  left of them", strconv.Itoa(left), "0", judge(left == 0))
	return nil
}

// each runs a verb for n named sandboxes at once.
func (b *bench) each(n int, args ...string) error {
	failed := make(chan error, n)
	for i := range n {
		c := b.sandbox(append([]string{"--name", fmt.Sprintf("n%d", i)}, args...)...)
		go func() { failed <- b.must(c) }()
	}
	var first error
	for range n {
		if err := <-failed; first == nil {
			first = err
		}
	}
	return first
}

// left counts processes that have the project mounted, and kept files.
func (b *bench) left() int {
	left, _ := filepath.Glob(filepath.Join(b.dir, "data/sandbox/sandboxes/*"))
	n := len(left)
	mountinfos, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	for _, file := range mountinfos {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), b.project) {
			n++
		}
	}
	return n
}
