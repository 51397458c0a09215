// Package ahead begins the first process of `sandbox run` and `sandbox test` before the packages of
// the command line are initialized. It answers: how does a run not wait for a
// program that gets ready to read its arguments?
package ahead

import (
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/early"
)

var begun *early.Process

// init runs as soon as what early imports is initialized: packages are
// initialized in the order of their import paths, each when what it imports is
// ready ("Package initialization" in the language specification). It does
// something only where the verb stands first, and only the program itself imports
// this package. The clone is not left to another thread: beside other work it
// takes three times as long, and the new process starts up beside the rest.
// One that nobody asks for ends with the program: its launch is a closed pipe.
func init() {
	if len(os.Args) > 1 && (os.Args[1] == "run" || os.Args[1] == "test") {
		begun = early.Start()
	}
}

// Run gives the process of this run; nil where none was begun.
func Run() *early.Process { return begun }
