package cli

import "errors"

// initHints knows why a configuration is not written.
func (a *app) initHints(err error) []diagnosis {
	var exists *existsError
	var devcontainer *devcontainerError
	switch {
	case errors.As(err, &exists):
		return one(diagnosis{Code: "SBX0208", Message: exists.Error(), Hints: []hint{
			{a.again("--force"), "overwrites it"}, {"sandbox up", "starts what it describes"},
		}})
	case errors.As(err, &devcontainer):
		return one(diagnosis{Code: "SBX0208", Hints: []hint{
			{a.again("--force"), "writes .sandbox.yaml beside it, which counts then"},
			{"sandbox init --template NAME", "the same, with a template of your choice"},
		}})
	}
	return nil
}
