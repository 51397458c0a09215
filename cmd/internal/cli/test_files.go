package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// writeFiles writes the results to the files that were asked for.
func (t *tester) writeFiles(results []testResult) error {
	err := t.remember(results)
	if t.flags.record == "" && t.flags.junit == "" {
		return err
	}
	rec := t.newRecord(results)
	if t.flags.record != "" {
		err = errors.Join(err, rec.Write(t.flags.record))
	}
	if t.flags.junit != "" {
		err = errors.Join(err, writeJUnit(t.flags.junit, rec, results))
	}
	return err
}

func writeJUnit(name string, rec testrun.Record, results []testResult) error {
	var runs [][]testrun.Run
	for _, r := range results {
		runs = append(runs, r.Runs)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(testrun.WriteJUnit(f, rec, runs, how), f.Close())
}

// newRecord is what was run and how it went.
func (t *tester) newRecord(results []testResult) testrun.Record {
	now := time.Now()
	rec := testrun.Record{
		Version: testrun.RecordVersion, ID: testrun.NewID(now), Program: Version, Time: now.UTC().Truncate(time.Millisecond),
		Project: t.project.Dir, Config: t.config, At: t.commit, Tree: t.tree,
		Host: t.machine(results),
	}
	rec.Git.Branch, rec.Git.Commit = sandbox.GitHead(t.project.Dir)
	for _, r := range results {
		one := testrun.Result{
			Name: r.name, Matrix: r.label, Digest: r.digest, Environment: r.around, Timeout: r.timeout, Verdict: r.Verdict, Shuffle: r.Shuffle,
		}
		if t.tree.Digest != "" {
			one.Inputs = testrun.Inputs(r.around, t.tree)
		}
		one.Passed, one.Failed = testrun.Count(r.Runs)
		one.Runs, one.Output = testrun.Recorded(r.Runs)
		rec.Cases = append(rec.Cases, one)
	}
	return rec
}

func (t *tester) machine(results []testResult) testrun.Host {
	h := testrun.Host{Kernel: kernelRelease(), Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if len(results) > 0 {
		h.IDs = string(results[0].spec.IDs)
	}
	return h
}

func kernelRelease() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// annotate tells GitHub's runner what to show beside the change (workflow commands for GitHub Actions).
func (t *tester) annotate(results []testResult) {
	if t.world.getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	t.story.Errors(func(w io.Writer) {
		for _, r := range results {
			if r.Verdict != testrun.AllFailed && r.Verdict != testrun.Flaky && r.Verdict != testrun.Dependent {
				continue
			}
			text := r.summary()
			if bad, ok := testrun.FirstBad(r.Runs); ok {
				text += "\n" + lastLines(string(bad.Output.Bytes()), 20)
			}
			_, _ = fmt.Fprintf(w, "::error title=%s::%s\n", property.Replace("sandbox test "+ui.Clean(r.title())), escape.Replace(ui.Lines(text)))
		}
	})
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
