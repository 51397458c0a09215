package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// testRuns: what does a pristine run cost beside the command itself, are many of them fast, and is a test that fails now
// and then found?
func testRuns(b *bench) error {
	dir := filepath.Join(b.dir, "tests")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".sandbox.yaml"), []byte("version: 1\n"), 0o644); err != nil {
		return err
	}
	pristine := func(args ...string) command {
		c := b.sandbox(append([]string{"test"}, args...)...)
		c.dir = dir
		return c
	}
	took, err := interleave(b.rounds, pristine("--", "true"), command{name: "true", args: []string{"true"}, dir: dir})
	if err != nil {
		return err
	}
	b.times("test: a pristine run of true", took[0])
	b.times("  true, in place", took[1])
	more := took[0].median() - took[1].median()
	b.add("  more than in place", ms(more), "<= 15 ms", judge(more <= 15*time.Millisecond))

	many, err := interleave(min(b.rounds, 5), pristine("--repeat", "200", "--jobs", "4", "--", "true"))
	if err != nil {
		return err
	}
	b.times("test: 200 pristine runs of true, four at once", many[0])
	b.add("  all of them", ms(many[0].median()), "<= 2500 ms", judge(many[0].median() <= 2500*time.Millisecond))
	return b.flaky(pristine)
}

// flaky: of a test that fails one time in 20, a hundred runs pass with a probability of 0.6 in a hundred.
func (b *bench) flaky(pristine func(...string) command) error {
	found := 0
	const tries = 5
	for range tries {
		out, err := pristine("--json", "--repeat", "100", "--jobs", "4", "--", "sh", "-c", "test $(( $(od -An -N4 -tu4 /dev/urandom) % 20 )) != 0").cmd().Output()
		var results []struct{ Verdict string }
		if json.Unmarshal(out, &results) != nil || len(results) != 1 {
			return fmt.Errorf("no results: %w", err)
		}
		if results[0].Verdict == "flaky" {
			found++
		}
	}
	b.add(fmt.Sprintf("test: fails 1 in 20, called flaky by 100 runs, of %d times", tries), fmt.Sprint(found), fmt.Sprint(tries), judge(found == tries))
	return nil
}
