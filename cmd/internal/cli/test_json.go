package cli

import "github.com/rootless-sandbox/sandbox/sandbox/testrun"

// jsonTest is a result of test --json. Its names are a contract.
type jsonTest struct {
	Name        string          `json:"name"`
	Matrix      string          `json:"matrix,omitempty"`
	Verdict     testrun.Verdict `json:"verdict"`
	Passed      int             `json:"passed"`
	Failed      int             `json:"failed"`
	Network     string          `json:"network"`
	Environment string          `json:"environment"` // digest
	Runs        []jsonRun       `json:"runs"`

	// Difference is, of a flaky test, what a run that failed printed otherwise than one that passed.
	Difference string            `json:"difference,omitempty"`
	Shuffle    *testrun.Shuffled `json:"shuffle,omitempty"`
}

type jsonRun struct {
	testrun.Run
	OutputDigest string `json:"outputDigest"`
	Output       string `json:"output,omitempty"` // of one that did not pass
}

func jsonResults(results []testResult) any {
	out := []jsonTest{}
	for _, r := range results {
		j := jsonTest{Name: r.name, Matrix: r.label, Verdict: r.Verdict, Network: r.spec.Network, Environment: r.digest, Runs: []jsonRun{}, Shuffle: r.Shuffle}
		j.Passed, j.Failed = testrun.Count(r.Runs)
		for _, run := range r.Runs {
			one := jsonRun{Run: run, OutputDigest: run.Output.Digest()}
			if run.Status.Bad() {
				one.Output = string(run.Output.Bytes())
			}
			j.Runs = append(j.Runs, one)
		}
		if r.Verdict == testrun.Flaky {
			good, _ := testrun.FirstGood(r.Runs)
			bad, _ := testrun.FirstBad(r.Runs)
			j.Difference = testrun.Diff(good.Output.Bytes(), bad.Output.Bytes())
		}
		out = append(out, j)
	}
	return out
}
