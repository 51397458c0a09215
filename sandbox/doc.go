// Package sandbox plans, starts, talks to and ends sandboxes. The command line
// is one caller of it; other programs may import it: they call Init first thing
// in main.
package sandbox

import (
	"os"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
)

// Init plays the role that argv[0] names, where the program was started by
// itself, and reports whether there was one; then the caller exits with code at
// once. The first process of a sandbox does not come this far: see agent.Role.
func Init() (code int, played bool) {
	switch filepath.Base(os.Args[0]) {
	case job.Role:
		return job.Main(), true
	case monitor.Role:
		return monitor.Main(), true
	case restRole:
		return playRest(os.Args[1:]), true
	}
	return playStack(filepath.Base(os.Args[0]))
}
