package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rootless-sandbox/sandbox/sandbox/cgroup"
)

// condition answers [root], [range] and [single]: who runs the story, and
// which ids that user may map; and [delegated]: whether control groups are theirs.
func condition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "range":
		return hasRange(), nil
	case "single":
		return !hasRange(), nil
	case "delegated":
		_, err := cgroup.Describe()
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// hasRange: root maps what it likes; others need the file and the program.
func hasRange() bool {
	if os.Geteuid() == 0 {
		return true
	}
	if _, err := exec.LookPath("newuidmap"); err != nil {
		return false
	}
	file, _ := os.ReadFile("/etc/subuid")
	me, err := user.Current()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(file)) {
		if owner, _, _ := strings.Cut(line, ":"); owner == me.Username || owner == me.Uid {
			return true
		}
	}
	return false
}

func storyCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits": exits, "owned": owned, "many": many, "lines": lines,
		"registry": startRegistry, "layout": writeLayoutOf, "devimage": writeDevImage, "auths": writeAuths,
		"serve": serveFeatures, "publish": publishFeature, "pack": packFeature,
		"gitserver": serveGit, "bases": makeBases, "same": sameAsBuildah,
	}
}

// exits CODE COMMAND...: the command ends with exactly this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode() // -1 when a signal ended the program itself
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// owned FILE...: the files belong to the caller, user and group.
func owned(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		info, err := os.Lstat(ts.MkAbs(name))
		ts.Check(err)
		st := info.Sys().(*syscall.Stat_t)
		mine := int(st.Uid) == os.Geteuid() && int(st.Gid) == os.Getegid()
		if mine == neg {
			ts.Fatalf("%s belongs to %d:%d", name, st.Uid, st.Gid)
		}
	}
}

// lines N FILE: the file has so many lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	n := strings.Count(ts.ReadFile(args[1]), "\n")
	if (strconv.Itoa(n) == args[0]) == neg {
		ts.Fatalf("%s has %d lines", args[1], n)
	}
}

// many N COMMAND...: so many at once, and each of them succeeds. A % in a word
// becomes the number of the copy.
func many(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: many N COMMAND...")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	failed := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		c := copyOf(ts, args[1:], strconv.Itoa(i))
		all.Go(func() { failed[i] = run(c) })
	}
	all.Wait()
	ts.Check(errors.Join(failed...))
}

func copyOf(ts *testscript.TestScript, args []string, number string) *exec.Cmd {
	words := make([]string, len(args))
	for i, word := range args {
		words[i] = strings.ReplaceAll(word, "%", number)
	}
	c := exec.Command(words[0], words[1:]...)
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"WORK", "PATH", "HOME", "USER", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "TMPDIR", "GORACE"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	return c
}

func run(c *exec.Cmd) error {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		return fmt.Errorf("%q: %w\n%s", c.Args, err, out.String())
	}
	return nil
}
