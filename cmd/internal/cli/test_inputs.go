package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// look finds the files that the tests see, and names them where that is asked for.
func (t *tester) look(ctx context.Context) error {
	dir := t.project.Dir
	at := t.flags.at
	if t.replayed != nil && at == "" {
		at = t.replayed.At
	}
	if at != "" && len(t.cases) > 0 {
		base := t.cases[0].base
		if base.Top() != base.Project {
			return usagef("--at: not with workspace.root: git")
		}
		c, err := t.engine.Checkout(ctx, base, at)
		if err != nil {
			return err
		}
		t.commit, dir = c.Commit, c.Dir
		for i := range t.cases {
			one := &t.cases[i]
			one.options.Source = dir
			one.spec = sandbox.PristineSpec(one.base, one.options)
		}
	}
	if !t.flags.cached && t.flags.record == "" && t.replayed == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(dir))
	var err error
	t.tree, err = testrun.ReadTree(ctx, dir, filepath.Join(t.engine.TestPlaces().Files, hex.EncodeToString(sum[:16])))
	return err
}

// passedRun notes a run that passed.
type passedRun struct {
	Time    time.Time     `json:"time"`
	Elapsed time.Duration `json:"elapsed"` // nanoseconds
}

// recall finds out whether a case has passed with the same inputs. One whose result
// something else decides is run in any case.
func (t *tester) recall(c *testCase) {
	if why := c.around.Open(); why != "" {
		t.story.Note(c.title() + ": run in any case: its result may depend on " + why)
		return
	}
	if t.tree.Unread > 0 {
		t.story.Note(c.title() + ": run in any case: not all files of the project can be read")
		return
	}
	c.inputs = testrun.Inputs(c.around, t.tree)
	text, err := os.ReadFile(t.passedFile(*c))
	var p passedRun
	if err == nil && json.Unmarshal(text, &p) == nil && !p.Time.IsZero() {
		c.passed = &p
	}
}

func (t *tester) passedFile(c testCase) string {
	return filepath.Join(t.engine.TestPlaces().Passed, strings.TrimPrefix(c.inputs, "sha256:"))
}

// remember notes what has passed, in each of its runs.
func (t *tester) remember(results []testResult) error {
	for _, r := range results {
		if r.inputs == "" || r.Verdict != testrun.AllPassed || !t.flags.cached {
			continue
		}
		text, err := json.Marshal(passedRun{time.Now(), testrun.Median(r.Runs)})
		if err != nil {
			return err
		}
		name := t.passedFile(r.testCase)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name+".new", text, 0o600); err != nil {
			return err
		}
		if err := os.Rename(name+".new", name); err != nil {
			return err
		}
	}
	return nil
}
