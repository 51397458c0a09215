package cli

import (
	"errors"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox"
)

// commandHints knows why a command inside did not start.
func (a *app) commandHints(err error) []diagnosis {
	var command *sandbox.CommandError
	var dir *sandbox.DirError
	switch {
	case errors.As(err, &dir):
		return one(diagnosis{Code: "SBX0406", Hints: []hint{
			{a.here() + " -w / -- ls -ld " + quote(dir.Dir), "what is there"},
		}})
	case errors.As(err, &command):
		return one(a.command(command))
	}
	return nil
}

func (a *app) command(e *sandbox.CommandError) diagnosis {
	switch e.Exit {
	case 127:
		return diagnosis{Code: "SBX0403", Exit: 127, Hints: []hint{a.notFound(e.Command)}}
	case 126:
		return diagnosis{Code: "SBX0404", Exit: 126, Hints: []hint{
			{a.here() + " -- ls -l " + quote(e.Command), "its mode; or run it through its interpreter"},
		}}
	}
	return diagnosis{Code: "SBX0405"}
}

// notFound tells a command line in one word from a program that is missing.
func (a *app) notFound(name string) hint {
	if strings.ContainsAny(name, " |&;<>$") {
		return hint{a.here() + " -- sh -c " + quote(name), "a line for a shell needs a shell"}
	}
	return hint{a.here() + ` -- sh -c 'echo "$PATH"'`, "where it was looked for"}
}

// here is the verb that runs commands in the same place as this invocation.
func (a *app) here() string {
	if a.invoked == "run" {
		return a.sibling("run")
	}
	return a.sibling("exec")
}
