package sandbox

import (
	"os"

	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
)

// Options say where an Engine keeps things. Empty fields mean the XDG places.
type Options struct{ DataDir, RuntimeDir string }

// Engine works on the sandboxes of one user. Its methods may be called from
// several goroutines and several processes at once.
type Engine struct {
	store  *store.Store
	driver rootfs.Driver // forced storage driver, or Auto
	places Options       // as they are
}

// Open makes the directories that are missing and checks that they are the caller's alone.
func Open(o Options) (*Engine, error) {
	data, runtime := place.Both(os.Getenv, os.Getuid())
	if o.DataDir != "" {
		data = o.DataDir
	}
	if o.RuntimeDir != "" {
		runtime = o.RuntimeDir
	}
	s, err := store.Open(data, runtime)
	if err != nil {
		return nil, err
	}
	driver := rootfs.Driver(os.Getenv("SANDBOX_STORAGE_DRIVER"))
	if _, err := rootfs.Drivers(driver); err != nil {
		return nil, err
	}
	return &Engine{store: s, driver: driver, places: Options{DataDir: data, RuntimeDir: runtime}}, nil
}
