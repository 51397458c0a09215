package testrun

import (
	"slices"
	"time"
)

// Status is how one run ended.
type Status string

// Statuses.
const (
	Passed   Status = "passed"
	Failed   Status = "failed"
	TimedOut Status = "timeout"
	Broken   Status = "error"   // the command could not be started
	Ended    Status = "stopped" // it was not run to its end, and says nothing
)

// Bad reports whether the test did not pass; of a run that was stopped nobody knows.
func (s Status) Bad() bool { return s == Failed || s == TimedOut || s == Broken }

// Run is one run of a case.
type Run struct {
	Case      int           `json:"-"`
	N         int           `json:"run"` // from 1 on
	Status    Status        `json:"status"`
	Exit      int           `json:"exit"`
	Signal    int           `json:"signal,omitempty"`
	Start     time.Duration `json:"start"`   // nanoseconds until the command ran
	Elapsed   time.Duration `json:"elapsed"` // nanoseconds that it took
	Error     string        `json:"error,omitempty"`
	Kept      string        `json:"kept,omitempty"` // id of the sandbox that was kept
	Artifacts []string      `json:"artifacts,omitempty"`
	Notes     []string      `json:"notes,omitempty"`     // what went wrong beside the test
	Processes []string      `json:"processes,omitempty"` // those that ran when the time was over
	Output    Output        `json:"-"`
}

// Verdict is what the runs of a case come to.
type Verdict string

// Verdicts.
const (
	AllPassed Verdict = "passed"
	AllFailed Verdict = "failed"
	Flaky     Verdict = "flaky" // the same inputs, and not the same result
	Reused    Verdict = "cached"
	Unknown   Verdict = "stopped"
	Dependent Verdict = "dependent" // passes, but not with other surroundings
)

// Judge says what runs of the same inputs come to.
func Judge(runs []Run) Verdict {
	good, bad := Count(runs)
	switch {
	case good > 0 && bad > 0:
		return Flaky
	case bad > 0:
		return AllFailed
	case good > 0:
		return AllPassed
	}
	return Unknown
}

// Count counts the runs that passed and those that did not.
func Count(runs []Run) (good, bad int) {
	for _, r := range runs {
		switch {
		case r.Status == Passed:
			good++
		case r.Status.Bad():
			bad++
		}
	}
	return good, bad
}

// FirstBad is the first run that did not pass, if any, of those whose output is kept.
func FirstBad(runs []Run) (Run, bool) { return firstOf(runs, Status.Bad) }

// FirstGood is the first run that passed, if any, of those whose output is kept.
func FirstGood(runs []Run) (Run, bool) {
	return firstOf(runs, func(s Status) bool { return s == Passed })
}

func firstOf(runs []Run, fits func(Status) bool) (first Run, found bool) {
	for _, r := range runs {
		if !fits(r.Status) {
			continue
		}
		if !r.Output.forgotten {
			return r, true
		}
		if !found {
			first, found = r, true
		}
	}
	return first, found
}

// Median is the middle of the times that runs took.
func Median(runs []Run) time.Duration {
	var all []time.Duration
	for _, r := range runs {
		if r.Status != Ended {
			all = append(all, r.Elapsed)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
