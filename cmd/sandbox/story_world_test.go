package main

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// world is the place of one story: directories of its own for everything that
// the program would otherwise share with the user's real sandboxes.
type world struct {
	env                 *testscript.Env
	user                *user.User
	work, home, project string
	data, runtime       string
}

func newWorld(e *testscript.Env) (*world, error) {
	u, err := user.Current()
	if err != nil {
		return nil, err
	}
	w := &world{
		env: e, user: u, work: e.WorkDir,
		home: filepath.Join(e.WorkDir, "home"), project: filepath.Join(e.WorkDir, "hello"),
		data: filepath.Join(e.WorkDir, "data"),
	}
	for _, dir := range []string{w.home, w.project, w.data} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	// A socket's path has at most 107 bytes, and $WORK is long.
	w.runtime, err = os.MkdirTemp("/tmp", "sb")
	return w, err
}

// end removes every sandbox of the story and then looks for what is left of it.
func (w *world) end() {
	defer func() { _ = os.RemoveAll(w.runtime) }()
	if out, err := w.sandbox("rm", "--all", "--volumes"); err != nil {
		w.env.T().Log("sandbox rm --all: ", err, "\n", out)
		w.env.T().FailNow()
	}
	w.emptyStore()
	if left := w.left(); len(left) > 0 {
		w.env.T().Log("the story left:\n", strings.Join(left, "\n"))
		w.env.T().FailNow()
	}
}

// sandbox runs the program in the story's world.
func (w *world) sandbox(args ...string) (string, error) {
	c := exec.Command("sandbox", args...)
	c.Env, c.Dir = w.env.Vars, w.project
	out, err := c.CombinedOutput()
	return string(out), err
}

// emptyStore deletes unpacked images and what volumes are left. Their files may
// belong to subordinate ids, which only root of a user namespace with the same
// ids can delete: a sandbox with a store of its own does it.
func (w *world) emptyStore() {
	store := filepath.Join(w.data, "sandbox")
	if len(append(directories(filepath.Join(store, "layers")), directories(filepath.Join(store, "volumes"))...)) == 0 {
		return
	}
	c := exec.Command("sandbox", "run", "--root", "--mount", "type=bind,source="+store+",target=/mnt/store",
		"--", "find", "/mnt/store", "-mindepth", "1", "-delete")
	c.Env = append(w.env.Vars, "XDG_DATA_HOME="+w.home)
	c.Dir = filepath.Join(w.home, "empty") // what the project says of its image may hold no more
	if err := os.Mkdir(c.Dir, 0o700); err != nil {
		w.env.T().Fatal(err.Error())
	}
	if out, err := c.CombinedOutput(); err != nil {
		w.env.T().Log("emptying the store: ", err, "\n", string(out))
		w.env.T().FailNow()
	}
}

// left lists processes, mounts and files that the story should have taken away.
func (w *world) left() []string {
	var left []string
	for range 50 { // a killed process takes a moment to be gone
		if left = w.processes(); len(left) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, dir := range []string{
		filepath.Join(w.data, "sandbox", "sandboxes"), filepath.Join(w.data, "sandbox", "runs"),
		filepath.Join(w.runtime, "sandbox"),
	} {
		left = append(left, directories(dir)...)
	}
	// An empty mount point that all sandboxes share.
	return slices.DeleteFunc(left, func(path string) bool { return path == filepath.Join(w.runtime, "sandbox", "m") })
}

// processes are those that have something of the story mounted: every process
// of a sandbox has the project or the store, and so would this process if a
// mount had escaped.
func (w *world) processes() []string {
	var left []string
	files, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	for _, file := range files {
		// What cannot be read is gone or another user's.
		if mounts, err := os.ReadFile(file); err == nil && strings.Contains(string(mounts), w.work+"/") {
			cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			left = append(left, filepath.Dir(file)+" "+strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	return left
}

// directories below dir; lock files may stay.
func directories(dir string) []string {
	var found []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found
}
