package sandbox

import (
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// images are those of this engine's store.
func (e *Engine) images(emit func(spec.Event)) *local.Images {
	return &local.Images{Store: e.store, Emit: orNothing(emit)}
}
