package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// exitFailed: a test failed, or is flaky.
const exitFailed = 1

// ended is told of each run.
func (t *tester) ended(r testrun.Run) {
	r.Case = t.active[r.Case]
	c := t.cases[r.Case]
	if r.Kept != "" {
		t.story.Note(t.runTitle(r) + ": kept; sandbox shell --run " + r.Kept + " enters it, sandbox rm " + r.Kept + " removes it")
	}
	for _, note := range r.Notes {
		t.story.Note(c.title() + ": " + note)
	}
	if !r.Status.Bad() || t.flags.json || t.shown(r.Case) {
		return
	}
	if t.live && r.Status != testrun.Broken {
		t.showProcesses(r)
		return
	}
	t.showOutput(r)
}

// showProcesses shows what still ran when the time was over.
func (t *tester) showProcesses(r testrun.Run) {
	if len(r.Processes) == 0 {
		return
	}
	t.story.Errors(func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "--- %s: what ran when its time was over\n", ui.Clean(t.runTitle(r)))
		for _, line := range r.Processes {
			_, _ = fmt.Fprintln(w, "  "+ui.Clean(line))
		}
	})
}

// shown bounds what is shown of a test that fails again and again.
func (t *tester) shown(c int) bool {
	if t.seen == nil {
		t.seen = map[int]int{}
	}
	t.seen[c]++
	return t.seen[c] > 1
}

// showOutput shows what a run printed that did not pass.
func (t *tester) showOutput(r testrun.Run) {
	t.story.Errors(func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "--- %s: %s\n", ui.Clean(t.runTitle(r)), how(r))
		text := strings.TrimRight(ui.Lines(string(r.Output.Bytes())), "\n")
		if text != "" {
			_, _ = fmt.Fprintln(w, text)
		}
	})
	t.showProcesses(r)
}

func (t *tester) runTitle(r testrun.Run) string {
	title := t.cases[r.Case].title()
	if t.flags.repeat > 1 || t.flags.untilFail {
		title += fmt.Sprintf(", run %d", r.N)
	}
	return title
}

// how says how a run ended.
func how(r testrun.Run) string {
	took := ui.Duration(r.Elapsed)
	switch {
	case r.Status == testrun.Broken:
		return ui.Clean(r.Error)
	case r.Status == testrun.TimedOut:
		return "ended after " + took + ", its time was over"
	case r.Signal != 0:
		return fmt.Sprintf("ended by signal %d after %s", r.Signal, took)
	case r.Status == testrun.Failed:
		return fmt.Sprintf("exit %d after %s", r.Exit, took)
	}
	return took
}

// report writes one line a case, and answers the exit code.
func (t *tester) report(all [][]testrun.Run) error {
	results := make([]testResult, 0, len(t.cases))
	failed := false
	for i, runs := range all {
		r := testResult{testCase: t.cases[i], Verdict: testrun.Judge(runs), Runs: runs}
		if r.passed != nil {
			r.Verdict = testrun.Reused
		}
		t.flakyDiff(r)
		failed = failed || r.Verdict == testrun.AllFailed || r.Verdict == testrun.Flaky
		results = append(results, r)
	}
	err := t.answer(results)
	if err == nil && t.replayed != nil {
		failed, err = t.compare(results)
	}
	if err == nil && failed {
		return exitCode(exitFailed)
	}
	return err
}

// testResult is what a case came to.
type testResult struct {
	testCase
	Verdict testrun.Verdict
	Runs    []testrun.Run
	Shuffle *testrun.Shuffled
}

// answer writes the results wherever they are wanted.
func (t *tester) answer(results []testResult) error {
	err := t.lines(results)
	if t.flags.json {
		err = ui.JSON(t.Out, jsonResults(results))
	}
	t.annotate(results)
	return errors.Join(err, t.writeFiles(results))
}

// flakyDiff shows what a run that failed printed otherwise than one that passed.
func (t *tester) flakyDiff(r testResult) {
	if r.Verdict != testrun.Flaky || t.flags.json {
		return
	}
	good, _ := testrun.FirstGood(r.Runs)
	bad, _ := testrun.FirstBad(r.Runs)
	t.story.Errors(func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "--- %s: run %d passed, run %d did not; lines of the one (-) and of the other (+)\n", ui.Clean(r.title()), good.N, bad.N)
		if good.Output.Digest() == bad.Output.Digest() {
			_, _ = fmt.Fprintln(w, "  there are none: both printed the same")
			return
		}
		_, _ = io.WriteString(w, ui.Lines(testrun.Diff(good.Output.Bytes(), bad.Output.Bytes())))
	})
}

// lines are the answer: a line a case.
func (t *tester) lines(results []testResult) error {
	if t.flags.json {
		return nil
	}
	paint := ui.Paint(ui.ColorAllowed(t.Out, t.app.flags.noColor, t.world.getenv))
	width := 0
	for _, r := range results {
		width = max(width, len([]rune(ui.Clean(r.title()))))
	}
	var b strings.Builder
	for _, r := range results {
		title := ui.Clean(r.title())
		pad := strings.Repeat(" ", width-len([]rune(title)))
		mark := paint.Good(" ok  ")
		switch r.Verdict {
		case testrun.AllFailed:
			mark = paint.Bad(" FAIL")
		case testrun.Flaky:
			mark = paint.Bad(" FLAKY")
		case testrun.Dependent:
			mark = paint.Bad(" DEPENDS")
		case testrun.Unknown:
			mark = paint.Warn(" --  ")
		}
		fmt.Fprintf(&b, "%s %s%s   %s   %s   env %s\n", mark, title, pad, ui.Clean(r.summary()), r.surroundings(), short12(r.digest))
	}
	_, err := io.WriteString(t.Out, b.String())
	return err
}

// summary says how it went and how long it took.
func (r testResult) summary() string {
	good, bad := testrun.Count(r.Runs)
	if r.Verdict == testrun.Unknown {
		return "stopped"
	}
	if r.Verdict == testrun.Reused {
		return "not run: passed " + ui.Duration(time.Since(r.passed.Time)) + " ago with the same inputs"
	}
	if r.Shuffle != nil && r.Verdict != testrun.AllFailed {
		return shuffleWords(r)
	}
	if len(r.Runs) == 1 {
		return how(r.Runs[0])
	}
	middle := ui.Duration(testrun.Median(r.Runs))
	switch {
	case r.Verdict == testrun.Flaky:
		return fmt.Sprintf("%d of %d runs failed, with the same inputs; %s each", bad, good+bad, middle)
	case bad > 0:
		first, _ := testrun.FirstBad(r.Runs)
		return fmt.Sprintf("all of %s failed, the first: %s", plural(bad, "run", "runs"), how(first))
	}
	return fmt.Sprintf("%s, %s each", plural(good, "run", "runs"), middle)
}

// surroundings say what a reader of the line wants to know of them.
func (r testResult) surroundings() string {
	return "pristine copy, network " + r.spec.Network
}

func short12(digest string) string {
	const n = len("sha256:") + 12
	return digest[:min(n, len(digest))]
}
