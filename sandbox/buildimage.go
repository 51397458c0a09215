package sandbox

import (
	"context"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/builder/inputs"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// StepError: a step of a Dockerfile failed.
type StepError = failure.StepError

// DockerfileError: what is to be built cannot be.
type DockerfileError = failure.DockerfileError

// BuildAsksError: a Dockerfile asks for something of the host that it was not given.
type BuildAsksError = failure.AsksError

// MissingSecretError: a RUN needs a secret, or an agent, that was not given.
type MissingSecretError = failure.MissingSecretError

// BuildImage makes the image that s.Image says, see BuiltImage, unless it is here
// and everything that it is made of is the same, and answers what it is. The
// layers are those of the user of s. emit may be nil.
func (e *Engine) BuildImage(ctx context.Context, s spec.Spec, emit func(spec.Event)) (ImageInfo, error) {
	b, err := e.built(ctx, s, emit)
	if err != nil {
		return ImageInfo{}, err
	}
	defer b.Release()
	for _, tag := range s.Image.Build.Tags {
		kept := b.Image
		kept.Name = tag
		if err := e.store.WriteImage(kept); err != nil {
			return ImageInfo{}, err
		}
	}
	return e.Image(ctx, b.Image.Name)
}

func (e *Engine) built(ctx context.Context, s spec.Spec, emit func(spec.Event)) (*local.Base, error) {
	ids := caller(s.IDs).Map(s.User.UID, s.User.GID)
	if s.User.Mode == spec.UserName {
		ids = caller(s.IDs).Map(0, 0) // whose id it is stands in the image
	}
	return e.images(oneAtATime(orNothing(emit))).Ensure(ctx, s.Image, ids, local.Missing)
}

// buildFirst makes the image of a specification that has one built, and notes what
// it came to: a sandbox of another one is to be made anew.
func (e *Engine) buildFirst(ctx context.Context, s *spec.Spec, anew bool, emit func(spec.Event)) error {
	if s.Image.Kind != spec.ImageBuild {
		return nil
	}
	b := *s.Image.Build
	have, err := e.store.ReadImage(s.Image.Name)
	if err != nil || anew || !inputs.Fresh(e.store, s.Image, have) {
		asked := *s
		again := b
		again.NoCache, again.Pull = anew, anew
		asked.Image.Build = &again
		base, err := e.built(ctx, asked, emit)
		if err != nil {
			return err
		}
		base.Release()
		have = base.Image
	}
	b.Made = have.Digest
	s.Image.Build = &b
	return nil
}
