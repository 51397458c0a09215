package cli

import (
	"errors"
	"syscall"

	"github.com/rootless-sandbox/sandbox/userns"
)

// kernelHints knows what a host refuses to an unprivileged user.
func (a *app) kernelHints(err error) []diagnosis {
	var e *userns.Error
	if !errors.As(err, &e) || diskIsFull(e) {
		return nil
	}
	d := diagnosis{Code: needsCode(e.Needs), Message: needsMessage(e.Needs)}
	if d.Message != "" {
		d.Detail = []string{"tried: " + e.Error()}
	}
	if isNamespaceNeed(e.Needs) && refused(e.Error()) {
		if c := a.hostCause(); c != nil {
			d.Code, d.Detail = c.code(d.Code), append(d.Detail, "cause: "+c.text)
		}
	}
	d.Hints = a.remedies(e.Needs, e.Error())
	if e.Needs == userns.NeedsSource && e.Path != "" {
		d.Hints = append([]hint{{"ls -ld " + quote(e.Path), "what is there"}}, d.Hints...)
	}
	if e.Needs == "" && e.Path != "" && errors.Is(err, syscall.EACCES) {
		d.Hints = []hint{
			{"namei -l " + quote(e.Path), "a directory that is closed to others needs to be of your own group: chgrp $(id -gn) DIR"},
			{"mkdir -m 700 /var/tmp/sandbox-$USER && export SANDBOX_DATA_DIR=/var/tmp/sandbox-$USER", "or uses another directory"},
		}
	}
	return one(d)
}

// diskIsFull: where what was made is a file. Of namespaces the same number means that there are too many.
func diskIsFull(e *userns.Error) bool {
	return (e.Needs == userns.NeedsTarget || e.Needs == userns.NeedsSource || e.Needs == userns.NeedsRootfs) &&
		(errors.Is(e, syscall.ENOSPC) || errors.Is(e, syscall.EDQUOT))
}

func isNamespaceNeed(needs string) bool {
	return needs == userns.NeedsUserNamespaces || needs == userns.NeedsMount || needs == userns.NeedsNetwork
}

func needsCode(needs string) string {
	switch needs {
	case userns.NeedsUserNamespaces:
		return "SBX0101"
	case userns.NeedsSetFCap:
		return "SBX0104"
	case userns.NeedsMount:
		return "SBX0103"
	case userns.NeedsKernel:
		return "SBX0105"
	case userns.NeedsOverlay:
		return "SBX0106"
	case userns.NeedsSubIDs, userns.NeedsIDHelpers, userns.NeedsNewPrivs, userns.NeedsIDsHere:
		return "SBX0107"
	case userns.NeedsProc:
		return "SBX0108"
	case userns.NeedsNetwork:
		return "SBX0110"
	case userns.NeedsTarget:
		return "SBX0205"
	case userns.NeedsSource:
		return "SBX0206"
	case userns.NeedsRootfs:
		return "SBX0303"
	}
	return "SBX0109"
}

// needsMessage says in words what the host lacks; empty where what was tried
// says it best.
func needsMessage(needs string) string {
	switch needs {
	case userns.NeedsUserNamespaces:
		return "this system does not let you create a user namespace"
	case userns.NeedsMount:
		return "this system lets you create a user namespace but not mount in it"
	case userns.NeedsKernel:
		return "this kernel is too old: 5.12 or newer is needed"
	case userns.NeedsOverlay:
		return "this system has no overlay file system for user namespaces"
	case userns.NeedsSubIDs, userns.NeedsIDHelpers, userns.NeedsNewPrivs, userns.NeedsIDsHere:
		return "this system does not give you a range of subordinate ids"
	case userns.NeedsProc:
		return "this system does not let you mount a new /proc"
	case userns.NeedsNetwork:
		return "this system does not give you a network namespace"
	}
	return ""
}
