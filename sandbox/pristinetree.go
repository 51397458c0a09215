package sandbox

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is told of processes, which name themselves as they like.
const (
	maxTreeLines = 200
	maxTreeWords = 160
)

// processTree are the processes of a sandbox but for its first one, as this machine sees them: a line each with the id that
// it has inside, its state and its command line, indented below the one that started it.
func processTree(first int) []string {
	t := tree{children: childrenOf()}
	t.below(first, "")
	if t.left > 0 {
		t.lines = append(t.lines, fmt.Sprintf("and %d more", t.left))
	}
	return t.lines
}

type tree struct {
	children map[int][]int
	lines    []string
	left     int
}

func (t *tree) below(pid int, indent string) {
	for _, child := range t.children[pid] {
		if len(t.lines) < maxTreeLines {
			if line, ok := describeProcess(child); ok {
				t.lines = append(t.lines, indent+line)
			}
		} else {
			t.left++
		}
		t.below(child, indent+"  ")
	}
}

// childrenOf are the processes of this machine, by who started them, in the order of their ids.
func childrenOf() map[int][]int {
	all := map[int][]int{}
	list, _ := os.ReadDir("/proc")
	for _, d := range list {
		pid, err := strconv.Atoi(d.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue
		}
		if parent, _, ok := parentAndState(string(text)); ok {
			all[parent] = append(all[parent], pid)
		}
	}
	for _, c := range all {
		slices.Sort(c)
	}
	return all
}

// parentAndState reads /proc/PID/stat (proc_pid_stat(5)). The name in it may hold anything.
func parentAndState(stat string) (parent int, state string, ok bool) {
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 2 {
		return 0, "", false
	}
	parent, err := strconv.Atoi(f[1])
	return parent, f[0], err == nil
}

var stateWords = map[string]string{"R": "running", "D": "waiting for a device", "T": "stopped", "t": "traced", "Z": "ended, not waited for"}

func describeProcess(pid int) (string, bool) {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status")
	stat, statErr := os.ReadFile(dir + "/stat")
	if err != nil || statErr != nil {
		return "", false
	}
	_, state, _ := parentAndState(string(stat))
	words, _ := os.ReadFile(dir + "/cmdline")
	name, _, _ := strings.Cut(strings.TrimPrefix(string(status), "Name:\t"), "\n")
	said := strings.TrimSpace(strings.ReplaceAll(strings.TrimRight(string(words), "\x00"), "\x00", " "))
	said = strings.ToValidUTF8(cmp.Or(said, "["+name+"]"), "\uFFFD")
	if r := []rune(said); len(r) > maxTreeWords {
		said = string(r[:maxTreeWords]) + "..."
	}
	line := insideID(string(status), pid) + " " + said
	if word := stateWords[state]; word != "" {
		line += " (" + word + ")"
	}
	return line, true
}

// insideID is the last of the ids of a process, which is that in the innermost namespace (proc_pid_status(5), NSpid).
func insideID(status string, pid int) string {
	for line := range strings.Lines(status) {
		if ids, ok := strings.CutPrefix(line, "NSpid:"); ok {
			if f := strings.Fields(ids); len(f) > 0 {
				return f[len(f)-1]
			}
		}
	}
	return strconv.Itoa(pid)
}
