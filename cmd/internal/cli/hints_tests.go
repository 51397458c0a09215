package cli

import "errors"

// testHints knows why tests are not run.
func (a *app) testHints(err error) []diagnosis {
	var none *noTestError
	var services *testServicesError
	switch {
	case errors.As(err, &none):
		return one(diagnosis{Code: "SBX0410", Hints: []hint{
			{"sandbox test -- ./run-tests", "any command"}, {"test: {unit: {run: ./run-tests}}", "in .sandbox.yaml"},
		}})
	case errors.As(err, &services):
		return one(diagnosis{Code: "SBX0411", Hints: []hint{{"services: []", "in that test"}}})
	}
	return nil
}
