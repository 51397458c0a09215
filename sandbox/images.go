package sandbox

import (
	"context"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/inputs"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// images are those of this engine's store.
func (e *Engine) images(emit func(spec.Event)) *local.Images {
	return &local.Images{
		Store: e.store, Emit: orNothing(emit), Open: source,
		Make: func(ctx context.Context, i spec.Image, ids userns.IDMap) (store.Image, error) {
			if i.Kind == spec.ImageBuild {
				return e.makeBuild(ctx, i, ids, orNothing(emit))
			}
			return e.makeApt(ctx, i, ids, orNothing(emit))
		},
		Fresh: func(i spec.Image, have store.Image) bool { return inputs.Fresh(e.store, i, have) },
	}
}
