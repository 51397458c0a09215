// Command standalone is the first process of a sandbox and nothing else. It is
// built before the program itself, which carries it: a process without the
// libraries that fetch and build images starts faster, and takes less memory.
package main

import (
	"os"

	_ "github.com/rootless-sandbox/sandbox/sandbox/internal/agent" // plays its roles before main
)

func main() {
	os.Exit(125) // it is started by the program, under the name of a role
}
