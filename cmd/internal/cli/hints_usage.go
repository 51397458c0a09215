package cli

import "errors"

// usageHints knows what is wrong with the command line itself, and signals.
func (a *app) usageHints(err error) []diagnosis {
	var usage *usageError
	var interrupted *interruptedError
	switch {
	case errors.As(err, &interrupted):
		return one(diagnosis{
			Code: "SBX0003", Message: "interrupted", Exit: 128 + int(interrupted.signal),
			Hints: []hint{{a.sibling("status"), "what is there now"}},
		})
	case errors.As(err, &usage):
		return one(usageDiagnosis(usage))
	}
	return nil
}

func usageDiagnosis(u *usageError) diagnosis {
	d := diagnosis{Code: "SBX0002", Message: u.msg, Exit: exitUsage}
	if u.paste != "" {
		d.Hints = []hint{{Paste: u.paste}}
	}
	if u.cmd == nil {
		return d
	}
	d.Detail = []string{"usage: " + usageLine(u.cmd)}
	if len(d.Hints) == 0 {
		d.Hints = []hint{{Paste: u.cmd.CommandPath() + " --help"}}
	}
	return d
}
