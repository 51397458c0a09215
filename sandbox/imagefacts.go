package sandbox

import (
	"context"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/config/devcontainer"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// ImageFacts is what an image says of itself that a devcontainer.json builds on.
type ImageFacts struct {
	Known bool   // it says anything at all: an image of a registry or an archive does
	Label string // devcontainer.metadata
	User  string // that it is made for; "" is root
}

// ImageFacts asks the image that is here, or where it comes from; nothing is fetched
// but the image's configuration. With anew it is asked in any case.
func (e *Engine) ImageFacts(ctx context.Context, l *config.Loaded, h Host, anew bool) (ImageFacts, error) {
	i, err := planImage(l, l.Placed(), h)
	if err != nil {
		return ImageFacts{}, err
	}
	switch i.Kind {
	case spec.ImageRegistry, spec.ImageOCI, spec.ImageOCIArchive, spec.ImageDockerArchive:
	default:
		return ImageFacts{}, nil
	}
	policy := local.Missing
	if anew {
		policy = local.Always
	}
	c, err := e.images(nil).Config(ctx, i, policy)
	if err != nil {
		return ImageFacts{}, &ImageError{i.Ref, err}
	}
	return ImageFacts{Known: true, Label: c.Config.Labels[devcontainer.Label], User: c.Config.User}, nil
}
