package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

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
	// Command is what it runs by itself.
	Command config.ImageCommand
}

func factsOf(c v1.ImageConfig) ImageFacts {
	return ImageFacts{
		Known: true, Label: c.Labels[devcontainer.Label], User: c.User,
		Command: config.ImageCommand{Entrypoint: c.Entrypoint, Cmd: c.Cmd, Dir: c.WorkingDir, User: c.User},
	}
}

// Ask says whom ImageFacts asks.
type Ask int

// Whom.
const (
	AskMissing Ask = iota // the image that is here, else where it comes from
	AskAnew               // where it comes from: a name may mean another one by now
	AskHere               // the image that is here, and nobody else
)

// ImageFacts asks what an image says of itself; nothing is fetched but its
// configuration. One of a Dockerfile is built, unless only what is here is asked.
func (e *Engine) ImageFacts(ctx context.Context, l *config.Loaded, h Host, ask Ask, emit func(spec.Event)) (ImageFacts, error) {
	i, err := planImage(l, l.Placed(), h)
	if err != nil {
		return ImageFacts{}, err
	}
	switch i.Kind {
	case spec.ImageBuild:
		return e.builtFacts(ctx, i, h, ask, emit)
	case spec.ImageRegistry, spec.ImageOCI, spec.ImageOCIArchive, spec.ImageDockerArchive:
	default:
		return ImageFacts{}, nil
	}
	policy := map[Ask]local.Policy{AskMissing: local.Missing, AskAnew: local.Always, AskHere: local.Never}[ask]
	c, err := e.images(nil).Config(ctx, i, policy)
	var missing *local.MissingError
	switch {
	case errors.As(err, &missing):
		return ImageFacts{}, nil
	case err != nil:
		return ImageFacts{}, &ImageError{Ref: i.Ref, Err: err}
	}
	return factsOf(c.Config), nil
}

// builtFacts: what is made anew on request is made later, when it is started.
func (e *Engine) builtFacts(ctx context.Context, i spec.Image, h Host, ask Ask, emit func(spec.Event)) (ImageFacts, error) {
	s := spec.Spec{Image: i, IDs: h.IDs, User: spec.User{Mode: spec.UserName}}
	if ask != AskHere {
		if err := e.buildFirst(ctx, &s, false, orNothing(emit)); err != nil {
			return ImageFacts{}, err
		}
	}
	have, err := e.store.ReadImage(i.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return ImageFacts{}, nil
	} else if err != nil {
		return ImageFacts{}, err
	}
	var c v1.Image
	if err := json.Unmarshal(have.Config, &c); err != nil {
		return ImageFacts{}, fmt.Errorf("read image %s: %w", i.Name, err)
	}
	return factsOf(c.Config), nil
}
