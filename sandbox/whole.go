package sandbox

import "github.com/rootless-sandbox/sandbox/sandbox/internal/carried"

// ErrCore: this program is the core of one, and what was asked for takes the
// whole: see GoWhole. Nothing was changed. A program that is built without the
// build tag core never meets it.
var ErrCore = carried.ErrCore

// GoWhole replaces this process by the whole program, with the same arguments;
// it returns only when that fails.
func GoWhole(args, environ []string) error { return carried.Exec(args, environ) }
