package testrun

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	run := func(all ...Status) (out []Run) {
		for _, s := range all {
			out = append(out, Run{Status: s})
		}
		return out
	}
	for _, c := range []struct {
		runs []Run
		want Verdict
	}{
		{run(Passed, Passed), AllPassed},
		{run(Failed), AllFailed},
		{run(TimedOut, Failed, Broken), AllFailed},
		{run(Passed, Failed), Flaky},
		{run(TimedOut, Passed), Flaky},
		{run(Broken, Passed), Flaky},
		{run(Ended), Unknown},
		{nil, Unknown},
		{run(Ended, Passed), AllPassed},
		{run(Ended, Failed), AllFailed}, // --fail-fast: the others say nothing
	} {
		if got := Judge(c.runs); got != c.want {
			t.Errorf("%v: %s, want %s", c.runs, got, c.want)
		}
	}
}

func TestFirstOfEachKind(t *testing.T) {
	runs := []Run{{N: 1, Status: Ended}, {N: 2, Status: Passed}, {N: 3, Status: TimedOut}, {N: 4, Status: Failed}, {N: 5, Status: Passed}}
	if r, ok := FirstBad(runs); !ok || r.N != 3 {
		t.Errorf("the first that did not pass: %v %v", r.N, ok)
	}
	if r, ok := FirstGood(runs); !ok || r.N != 2 {
		t.Errorf("the first that passed: %v %v", r.N, ok)
	}
	if _, ok := FirstBad(runs[:2]); ok {
		t.Error("one that was stopped counts as one that failed")
	}
}

func TestMedianLeavesOutWhatWasStopped(t *testing.T) {
	runs := []Run{{Elapsed: 3}, {Elapsed: 1}, {Elapsed: 2}, {Status: Ended, Elapsed: time.Hour}}
	if got := Median(runs); got != 2 {
		t.Errorf("median %d, want 2", got)
	}
	if got := Median(nil); got != 0 {
		t.Errorf("of none %d", got)
	}
}

func TestFirstHasItsOutputWhereOneHas(t *testing.T) {
	forgotten := Run{N: 1, Status: Passed, Output: printed("x")}
	forgotten.Output.Forget()
	runs := []Run{forgotten, {N: 2, Status: Passed, Output: printed("y")}}
	if r, _ := FirstGood(runs); r.N != 2 {
		t.Errorf("run %d, whose output was not kept", r.N)
	}
	if r, ok := FirstGood(runs[:1]); !ok || r.N != 1 {
		t.Errorf("run %d %v, want the only one", r.N, ok)
	}
}
