// Command standalone is the monitor of a sandbox and nothing else. It is built
// before the program itself, which carries it: it stays for as long as the
// sandbox does, and without the command line and the configuration takes a
// fraction of the memory.
package main

import (
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
)

func main() { os.Exit(monitor.Main()) }
