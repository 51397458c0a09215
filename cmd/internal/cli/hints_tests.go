package cli

import (
	"errors"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/testrun"
)

// testHints knows why tests are not run.
func (a *app) testHints(err error) []diagnosis {
	var none *noTestError
	var services *testServicesError
	var commit *sandbox.CommitError
	var record *testrun.RecordError
	switch {
	case errors.As(err, &none):
		return one(diagnosis{Code: "SBX0410", Hints: []hint{
			{"sandbox test -- ./run-tests", "any command"}, {"test: {unit: {run: ./run-tests}}", "in .sandbox.yaml"},
		}})
	case errors.As(err, &services):
		return one(diagnosis{Code: "SBX0411", Hints: []hint{{"services: []", "in that test"}}})
	case errors.As(err, &commit):
		return one(diagnosis{Code: "SBX0412", Hints: []hint{{"git log --oneline", "the commits that there are"}}})
	case errors.As(err, &record):
		return one(diagnosis{Code: "SBX0413", Hints: []hint{{"sandbox test --record FILE", "writes one"}}})
	}
	return nil
}
