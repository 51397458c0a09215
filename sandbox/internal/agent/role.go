package agent

import (
	"os"
	"path/filepath"
	"syscall"
)

// init plays the agent's roles before the packages that only the command line
// needs are initialized: Go initializes the packages of a program in the order
// of their import paths, each as soon as what it imports is ready ("Package
// initialization" in the language specification). That takes some 0.5 ms off
// each start, of 6; it is the one init function of the program.
func init() {
	switch filepath.Base(os.Args[0]) {
	case Role:
		syscall.Exit(Main())
	case SessionRole:
		syscall.Exit(SessionMain())
	}
}
