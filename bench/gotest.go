package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// goTestModule is somebody else's, whose packages take two processors about a minute to build and to test.
const goTestModule = "github.com/alecthomas/chroma/v2@v2.20.0"

// goTest: what does the sandbox cost a real build and test, which reads the project and the toolchain through it, and
// writes a build cache? Both sides start with an empty one.
func goTest(b *bench) error {
	if b.absent("go") {
		return nil
	}
	dir, err := b.fetchModule(goTestModule)
	if err != nil {
		b.notes = append(b.notes, err.Error()+": no build and test was measured")
		return nil
	}
	work := []string{"sh", "-c", "go build ./... && go test -count=1 ./..."}
	set := []string{"GOFLAGS=-mod=vendor", "GOPROXY=off", "GOTOOLCHAIN=local"}
	inside := b.sandbox("test", "-e", set[0], "-e", set[1], "-e", set[2], "--")
	inside.args, inside.dir = append(inside.args, work...), dir
	var ours, plain figures
	for round := range min(b.rounds, 4) + 1 {
		home := filepath.Join(b.dir, fmt.Sprint("home-", round))
		if err := os.Mkdir(home, 0o700); err != nil {
			return err
		}
		inPlace := command{name: "go test, in place", args: work, dir: dir, env: append(set, "PATH="+os.Getenv("PATH"), "HOME="+home, "LC_ALL=C.UTF-8", "TZ=UTC")}
		x, y, err := pair(inside, inPlace, round%2 == 0)
		if err != nil {
			return err
		}
		if round > 0 {
			ours, plain = append(ours, x), append(plain, y)
		}
		if err := os.RemoveAll(home); err != nil {
			return err
		}
	}
	b.times("test: a Go build and test, nothing built before", ours)
	b.times("  the same, in place", plain)
	b.atMost("  beside in place", ours, plain, 1.03)
	return nil
}

// pair runs two commands, the second one first where swapped: whoever comes first finds less in memory.
func pair(a, b command, swapped bool) (x, y time.Duration, err error) {
	if swapped {
		y, x, err = pair(b, a, false)
		return x, y, err
	}
	if x, err = once(a); err == nil {
		y, err = once(b)
	}
	return x, y, err
}

// fetchModule copies a module and what it needs to a place of ours.
func (b *bench) fetchModule(module string) (string, error) {
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Dir = b.dir
	out, err := download.Output()
	var have struct{ Dir string }
	if json.Unmarshal(out, &have) != nil || have.Dir == "" {
		return "", fmt.Errorf("%s cannot be had (%w)", module, err)
	}
	dir := filepath.Join(b.dir, "module")
	for _, words := range [][]string{{"cp", "-R", have.Dir, dir}, {"chmod", "-R", "u+w", dir}, {"go", "mod", "vendor"}} {
		c := command{name: words[0], args: words}
		if words[0] == "go" {
			c.dir = dir
		}
		if err := b.must(c); err != nil {
			return "", err
		}
	}
	return dir, nil
}
