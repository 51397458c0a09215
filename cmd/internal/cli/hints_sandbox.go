package cli

import (
	"errors"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/userns"
)

// What to do about hooks that nobody waits for.
const (
	followHooks = "sandbox logs -f shows them"
	goOnHooks   = "sandbox logs shows why, sandbox up goes on with it"
)

// sandboxHints knows the states that a sandbox can be in, and what it is made of.
func (a *app) sandboxHints(err error) []diagnosis {
	var user *sandbox.UserError
	var hook *sandbox.HookError
	var service *sandbox.ServiceError
	var noService *sandbox.NoServiceError
	if found := a.imageHints(err); found != nil {
		return found
	}
	switch {
	case errors.Is(err, sandbox.ErrInside):
		return one(diagnosis{Code: "SBX0004", Hints: []hint{{"exit", "leaves this sandbox"}}})
	case errors.As(err, &user) && user.OneID:
		return one(diagnosis{Code: "SBX0302", Hints: append(a.remedies(userns.NeedsSubIDs, ""), hint{
			a.here() + " --root -- CMD", "root is emulated in any case",
		})})
	case errors.As(err, &user):
		return one(diagnosis{Code: "SBX0302", Hints: []hint{
			{a.sibling("run") + " --as keep -- cut -d: -f1 /etc/passwd", "the users that there are"},
		}})
	case errors.As(err, &service):
		return one(diagnosis{Code: "SBX0701", Detail: service.Tail, Hints: []hint{
			{a.sibling("logs") + " " + quote(service.Name), "all that it printed"},
			{a.sibling("service") + " restart " + quote(service.Name), "after a correction inside; the sandbox runs"},
		}})
	case errors.As(err, &noService):
		return one(diagnosis{Code: "SBX0702", Hints: []hint{{a.sibling("service") + " ls", "those that there are"}}})
	case errors.As(err, &hook):
		return one(diagnosis{Code: "SBX0407", Detail: hook.Tail, Hints: []hint{
			{a.sibling("logs"), "all that it printed"},
			{a.sibling("shell"), "a look inside: the sandbox runs"},
			{a.sibling("up"), "goes on with this hook"},
		}})
	}
	return a.stateHints(err)
}

func (a *app) stateHints(err error) []diagnosis {
	var changed *sandbox.ChangedError
	switch {
	case errors.Is(err, sandbox.ErrNotFound):
		return one(diagnosis{Code: "SBX0401", Message: a.whose(err), Hints: []hint{
			{a.sibling("up"), "makes the one of this project"},
			{"sandbox ps", "those that there are"},
		}})
	case errors.Is(err, sandbox.ErrNotRunning):
		return one(diagnosis{Code: "SBX0402", Message: a.whose(err), Hints: []hint{{a.sibling("up"), "starts it"}}})
	case errors.Is(err, sandbox.ErrLost):
		return one(diagnosis{Code: "SBX0409", Hints: []hint{
			{a.sibling("status"), "what is left of it; signal 9 may mean that the memory ran out"},
			{"dmesg | tail", "what the kernel says of it"},
		}})
	case errors.As(err, &changed) && !changed.Recreate:
		return one(diagnosis{Code: "SBX0408", Hints: []hint{
			{a.sibling("down") + " && " + a.sibling("up"), "ends what runs inside and starts it anew"},
		}})
	case errors.As(err, &changed):
		return one(diagnosis{Code: "SBX0408", Hints: []hint{
			{a.again("--recreate"), "makes it anew; what was written inside is lost"},
		}})
	case errors.Is(err, sandbox.ErrOtherVersion):
		return one(a.otherVersion())
	}
	return nil
}

// whose names the sandbox where the engine's error is the bare fact.
func (a *app) whose(err error) string {
	if a.found.Dir == "" || errors.Unwrap(err) != nil {
		return err.Error()
	}
	name := a.found.Dir
	if a.flags.name != "" {
		name += ", name " + a.flags.name
	}
	return "sandbox of " + name + ": " + strings.TrimPrefix(err.Error(), "sandbox is ")
}

func (a *app) otherVersion() diagnosis {
	return diagnosis{Code: "SBX0502", Hints: []hint{
		{a.sibling("up") + " --recreate", "makes it anew; what was written inside is lost"},
		{"sandbox version", "this program"},
	}}
}
