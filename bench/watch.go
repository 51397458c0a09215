package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Of the tree that is watched.
const (
	watchFiles = 20_000
	watchDirs  = 3_000
	stormFiles = 10_000
)

// watching: a file of a large tree is written: when does the command start? And what does a storm take?
func watching(b *bench) error {
	tree := filepath.Join(b.dir, "tree")
	files, err := makeTree(tree)
	if err != nil {
		return err
	}
	at := func(args ...string) command {
		c := b.sandbox(args...)
		c.dir = tree
		return c
	}
	if err := b.must(at("up", "--network", "none")); err != nil {
		return err
	}
	if err := b.watchSetUp(at); err != nil {
		return err
	}
	ours, err := latencies(at("watch", "--initial=false", "--", "echo", "x"), nil, files, max(b.rounds, 100), false)
	if err != nil {
		return err
	}
	b.times("watch: write -> command starts", ours)
	b.add("  p50", ms(ours.median()), "<= 60 ms", judge(ours.median() <= 60*time.Millisecond))
	b.add("  p99", ms(ours.percentile(99)), "<= 90 ms", judge(ours.percentile(99) <= 90*time.Millisecond))
	if !b.absent("entr") {
		list := bytes.NewBufferString(strings.Join(files, "\n") + "\n")
		peer, err := latencies(command{name: "entr", args: []string{"entr", "-np", "echo", "x"}, dir: tree}, list, files, max(b.rounds, 100), true)
		if err != nil {
			return err
		}
		b.times("  entr, on the host", peer)
		b.add("  p99", ms(peer.percentile(99)), "", noBar)
	}
	if err := b.storm(at, tree); err != nil {
		return err
	}
	return b.must(at("rm"))
}

func makeTree(tree string) ([]string, error) {
	var files []string
	for i := range watchFiles {
		d := i % watchDirs
		file := filepath.Join(tree, fmt.Sprintf("a%d/b%d/f%d", d%60, d, i))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, []byte("first\n"), 0o644); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, os.WriteFile(filepath.Join(tree, ".sandbox.yaml"), []byte("version: 1\nnetwork: {mode: none}\n"), 0o644)
}

// watchSetUp measures from the start of the program until every change is seen.
func (b *bench) watchSetUp(at func(...string) command) error {
	var took figures
	for range min(b.rounds, 20) {
		w, err := startWatch(at("watch", "--json", "--initial=false", "--", "true"), nil)
		if err != nil {
			return err
		}
		line, err := w.line()
		took = append(took, time.Since(w.begin))
		w.stop()
		if err != nil || !strings.Contains(line, `"ready"`) {
			return fmt.Errorf("no word of being ready: %q, %w", line, err)
		}
	}
	b.times("watch: set-up, 20,000 files in 3,000 directories", took)
	b.add("  from the start of the program", ms(took.median()), "<= 300 ms", judge(took.median() <= 300*time.Millisecond))
	return nil
}

// watcher is a program that watches and prints a line for each run.
type watcher struct {
	cmd   *exec.Cmd
	begin time.Time
	lines chan string
}

var errSilent = errors.New("nothing happens")

func startWatch(c command, in io.Reader) (*watcher, error) {
	w := &watcher{cmd: c.cmd(), lines: make(chan string, 1000)}
	w.cmd.Stdin, w.cmd.Stderr = in, os.Stderr
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if slices.Contains(c.args, "watch") {
		w.cmd.Stderr = nil // how each run went
	}
	w.begin = time.Now()
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(w.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			w.lines <- s.Text()
		}
	}()
	return w, nil
}

func (w *watcher) line() (string, error) {
	select {
	case line, ok := <-w.lines:
		if !ok {
			return "", io.EOF
		}
		return line, nil
	case <-time.After(20 * time.Second):
		return "", errSilent
	}
}

func (w *watcher) stop() {
	_ = w.cmd.Process.Signal(syscall.SIGINT)
	for range w.lines { // until its output ends
	}
	_ = w.cmd.Wait()
}

// latencies writes one file after the other, each into the quiet, until the first byte that the
// command prints. A lossy program may sleep through some, which are not counted: entr does not hear what is
// written while its command runs, which takes long on a busy machine.
func latencies(c command, in io.Reader, files []string, n int, lossy bool) (figures, error) {
	w, err := startWatch(c, in)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	time.Sleep(3 * time.Second) // entr does not say when it is ready
	var took figures
	for i := range n + 1 {
		file := files[(i*7919)%len(files)]
		begin := time.Now()
		if err := os.WriteFile(file, []byte(strconv.Itoa(i)), 0o644); err != nil {
			return nil, err
		}
		switch _, err := w.line(); {
		case errors.Is(err, errSilent) && lossy:
			continue
		case err != nil:
			return nil, fmt.Errorf("%s, write %d: %w", c.name, i, err)
		}
		if i > 0 {
			took = append(took, time.Since(begin))
		}
		time.Sleep(300 * time.Millisecond) // until nothing is going on
		for len(w.lines) > 0 {
			<-w.lines // one write, two runs: not ours
		}
	}
	return took, nil
}

// percentile is that of the sorted times.
func (f figures) percentile(p int) time.Duration {
	sorted := slices.Sorted(slices.Values(f))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

// storm: git changes ten thousand files at once.
func (b *bench) storm(at func(...string) command, tree string) error {
	if b.absent("git") {
		return nil
	}
	if err := b.twoBranches(tree); err != nil {
		return err
	}
	w, err := startWatch(at("watch", "--initial=false", "--", "echo", "x"), nil)
	if err != nil {
		return err
	}
	defer w.stop()
	time.Sleep(2 * time.Second)
	runs, checkouts := 0, 0
	var took figures
	for range 5 {
		for _, branch := range []string{"one", "two"} {
			begin := time.Now()
			if err := b.must(gitIn(tree, "checkout", "-q", branch)); err != nil {
				return err
			}
			done := time.Now()
			if _, err := w.line(); err != nil {
				return err
			}
			took = append(took, time.Since(done))
			checkouts, runs = checkouts+1, runs+1
			time.Sleep(max(500*time.Millisecond, time.Since(begin)/4))
			for ; len(w.lines) > 0; <-w.lines {
				runs++
			}
		}
	}
	peak, err := statusOf(w.cmd.Process.Pid, "VmHWM")
	if err != nil {
		return err
	}
	b.add(fmt.Sprintf("watch: runs for %d checkouts of 10,000 files", checkouts), strconv.Itoa(runs), strconv.Itoa(checkouts), judge(runs == checkouts))
	b.times("  from the end of git to the start of the command", took)
	b.add("  highest RSS", fmt.Sprintf("%d MB", peak>>10), "< 300 MB", judge(peak < 300<<10))
	return nil
}

func gitIn(dir string, args ...string) command {
	return command{name: "git", dir: dir, args: append([]string{"git", "-c", "user.name=b", "-c", "user.email=b@example.org", "-c", "gc.auto=0"}, args...)}
}

func (b *bench) twoBranches(tree string) error {
	if err := b.must(gitIn(tree, "init", "-q")); err != nil {
		return err
	}
	for _, branch := range []string{"one", "two"} {
		for i := range stormFiles {
			d := i % watchDirs
			if err := os.WriteFile(filepath.Join(tree, fmt.Sprintf("a%d/b%d/f%d", d%60, d, i)), []byte(branch), 0o644); err != nil {
				return err
			}
		}
		for _, args := range [][]string{{"checkout", "-q", "-B", branch}, {"add", "-A"}, {"commit", "-q", "-m", branch}} {
			if err := b.must(gitIn(tree, args...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// statusOf reads a number of kilobytes from /proc/PID/status.
func statusOf(pid int, name string) (int, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, errors.New(name + " is not in its status")
}
