package sandbox

import (
	"context"
	"fmt"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// StepError: a step of a Dockerfile failed.
type StepError struct {
	File   string // the Dockerfile
	Line   int    // of the instruction, and its last one
	End    int
	Step   string   // as progress shows it
	Source []string // the lines of the file around it
	First  int      // the number of the first of them
	Tail   []string // the last lines that a command printed
	Exit   spec.Exit
	Err    error // nil: a command ended with Exit
}

func (e *StepError) Error() string {
	what := fmt.Sprintf("build %s:%d: %s: ", e.File, e.Line, e.Step)
	switch {
	case e.Err != nil:
		return what + e.Err.Error()
	case e.Exit.Signal != 0:
		return what + fmt.Sprintf("ended by signal %d", e.Exit.Signal)
	}
	return what + fmt.Sprintf("exit status %d", e.Exit.Code)
}

func (e *StepError) Unwrap() error { return e.Err }

// DockerfileError: what is to be built cannot be: a mistake in the Dockerfile, or it is not to be had.
type DockerfileError struct {
	File   string
	Line   int // 0: no line is to blame
	Source []string
	First  int
	Err    error
}

func (e *DockerfileError) Error() string { return "build: " + e.Err.Error() }
func (e *DockerfileError) Unwrap() error { return e.Err }

// BuildAsksError: a Dockerfile asks for something of the host that it was not given.
type BuildAsksError struct{ What string }

func (e *BuildAsksError) Error() string { return e.What }

// MissingSecretError: a RUN needs a secret, or an agent, that was not given.
type MissingSecretError struct{ Type, ID string }

func (e *MissingSecretError) Error() string {
	return fmt.Sprintf("%s %s is required, and was not given", e.Type, e.ID)
}

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
	if err != nil || anew || !e.fresh(s.Image, have) {
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
