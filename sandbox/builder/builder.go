// Package builder makes the image of a Dockerfile: it finds which of its steps are here
// already, and carries the others out, each into a layer of its own. It answers: how
// does a Dockerfile become layers? What a Dockerfile says is dockerfile's to tell,
// and what a command runs in is a Sandbox, which whoever builds has.
package builder

import (
	"context"
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Builder is what builds need. All fields are needed but Proxies.
type Builder struct {
	Store *store.Store
	// Images are those that a build begins with or copies from.
	Images func(emit func(spec.Event)) *local.Images
	// Sandbox decides what a command runs in that has a network of this mode. What the
	// network is not, for want of something here, goes to emit.
	Sandbox func(network string, ids userns.IDMap, emit func(spec.Event)) (Sandbox, error)
	Secrets func(ctx context.Context, list []spec.Secret, project string) ([]secret.Value, error)
	Proxies []string // variables that say how the caller reaches the network
}

// Sandbox is what one command runs in. It is decided on, and not there yet.
type Sandbox interface {
	// Files are how the command knows where it runs.
	Files() []File
	// Run runs the command to its end, which is that of ctx at the latest.
	Run(ctx context.Context, c Command, emit func(spec.Event)) (spec.Exit, error)
}

// File is one that a command finds, and that is no part of the image.
type File struct {
	Path, Data string
	Optional   bool // only where the image has its directory
}

// Command is a command of a Dockerfile. It finds the root file system as the image will have it.
type Command struct {
	spec.Command
	Root   rootfs.Layers // what it writes is in Upper
	Ops    []userns.Op   // further steps of the set-up, Files among them
	Output *os.File      // of all that it prints; still the caller's
	Begun  func()        // called once: the set-up is over, or failed
}
