// Command sandbox gives a repository a development container of its own:
// rootless, without a daemon, from one static binary.
package main

import (
	"os"
	"syscall"

	"github.com/rootless-sandbox/sandbox/cmd/internal/cli"
	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
)

// The same binary is the first process of every sandbox. That role is looked
// for before anything else happens: it must not pay for a command line, and it
// must not act on one.
func main() {
	if code, played := sandbox.Init(); played {
		syscall.Exit(code)
	}
	os.Exit(cli.Main(os.Args[1:], ui.Standard()))
}
