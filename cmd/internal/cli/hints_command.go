package cli

import (
	"errors"
	"fmt"
	"path/filepath"
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
		return diagnosis{Code: "SBX0403", Exit: 127, Hints: a.notFound(e.Command)}
	case 126:
		return diagnosis{Code: "SBX0404", Exit: 126, Hints: []hint{
			{a.here() + " -- ls -l " + quote(e.Command), "its mode; or run it through its interpreter"},
		}}
	}
	return diagnosis{Code: "SBX0405"}
}

// notFound tells a command line in one word, a path and a program of this
// machine's that is not inside from a program that is nowhere.
func (a *app) notFound(name string) []hint {
	switch {
	case strings.ContainsAny(name, " |&;<>$"):
		return []hint{{a.here() + " -- sh -c " + quote(name), "a line for a shell needs a shell"}}
	case strings.Contains(name, "/"):
		return []hint{{a.here() + " -- ls -l " + quote(filepath.Dir(name)), "what is there; if it is there, the interpreter of its first line is not"}}
	}
	hints := []hint{{a.here() + ` -- sh -c 'echo "$PATH"'`, "where it was looked for"}}
	if outside, err := a.world.lookPath(name); err == nil && filepath.IsAbs(outside) {
		dir := filepath.Dir(outside)
		hints = append(hints, hint{
			fmt.Sprintf("mounts: [{source: %q, target: %q, readonly: true}]", dir, dir),
			"in .sandbox.yaml: the directory of this machine that has it, for image: host",
		})
	}
	return hints
}

// here is the verb that runs commands in the same place as this invocation.
func (a *app) here() string {
	if a.invoked == "run" {
		return a.sibling("run")
	}
	return a.sibling("exec")
}
