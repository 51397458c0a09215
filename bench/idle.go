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

// idleMemory: what a sandbox costs that does nothing, and what its network costs beside that.
func idleMemory(b *bench) error {
	mb, err := b.idle("none")
	if err != nil {
		return err
	}
	b.add("memory of an idle sandbox, PSS", fmt.Sprintf("%.2f MB", mb), "<= 2.5 MB", judge(mb <= 2.5))
	if mb, err = b.idle("private"); err != nil {
		return err
	}
	b.add("  with its monitor, private", fmt.Sprintf("%.2f MB", mb), "", noBar)
	return nil
}

// idle is the memory, in MB, of all processes of a sandbox that has worked once, but for
// its network driver, which shows nobody its memory.
func (b *bench) idle(network string) (float64, error) {
	if err := b.must(b.sandbox("up", "--network", network)); err != nil {
		return 0, err
	}
	if err := b.must(b.sandbox("exec", "--", "true")); err != nil {
		return 0, err
	}
	out, err := b.sandbox("inspect").cmd().Output()
	if err != nil {
		return 0, err
	}
	var i info
	if err := json.Unmarshal(out, &i); err != nil {
		return 0, err
	}
	time.Sleep(settle)
	total := 0
	for _, pid := range append(append(b.monitors(), children(i.PID)...), i.PID) {
		kb, err := pss(pid)
		if err != nil {
			return 0, err
		}
		total += kb
	}
	return float64(total) / 1000, b.must(b.sandbox("rm"))
}

// monitors are those of this benchmark's sandboxes: they keep its data directory open as their program.
func (b *bench) monitors() (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(to, b.dir) || !strings.HasPrefix(filepath.Base(to), "monitor-") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// pss is the proportional set size of a process, in kB.
func pss(pid int) (int, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		if words := strings.Fields(s.Text()); len(words) > 1 && words[0] == "Pss:" {
			return strconv.Atoi(words[1])
		}
	}
	return 0, fmt.Errorf("process %d: no size", pid)
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
