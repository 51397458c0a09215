// Package cli answers what the words on the command line mean: it turns them
// into one call of the engine, and what comes back into lines and an exit
// code. One file holds one verb; hints.go and its hints_*.go are the only map
// from errors to advice.
package cli

import (
	"errors"
	"os"
	"os/exec"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

// Main runs one command line, without the program's name, and returns the
// exit code. It does not exit and does not panic.
func Main(args []string, streams ui.Streams) int {
	a := newApp(streams, hostWorld(), engineBackend())
	return a.main(args)
}

func (a *app) main(args []string) int {
	a.args = args
	err := a.execute(args)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, sandbox.ErrCore), errors.Is(err, config.ErrWhole):
		err = sandbox.GoWhole(os.Args, os.Environ()) // from here on it is another program's
	}
	return a.report(err)
}

// exitCode ends the program with a code and without a word: the code of a
// command that ran in a sandbox, or the "no" of a verb that answers a question.
type exitCode int

func (c exitCode) Error() string { return "exit code" }

// hostWorld is the process's own surroundings.
func hostWorld() world {
	return world{
		getenv: os.Getenv, environ: os.Environ, getwd: os.Getwd,
		executable: os.Executable, readFile: os.ReadFile, lookPath: exec.LookPath,
	}
}

func (c exitCode) orNil() error {
	if c == 0 {
		return nil
	}
	return c
}
