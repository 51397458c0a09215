package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
)

// stage is one stage of a build.
type stage struct {
	build *build
	plan  *dockerfile.Stage

	base     *baseImage // an image
	parent   *stage     // or another stage
	result   dockerfile.Result
	resolved bool
	baseKey  string
	keys     []string // of what each step makes

	once   sync.Once
	err    error
	layers local.Base // all of them, the lowest first
	ids    []string   // the same by their content
	times  []time.Time
}

// label is how progress names a step: [dev 2/4] RUN make.
func (s *stage) label(number, of int, text string) string {
	name := s.plan.Name + " "
	if len(s.build.plan.Stages) == 1 && strings.HasPrefix(name, "stage-") {
		name = ""
	}
	return fmt.Sprintf("[%s%d/%d] %s", name, number, of, text)
}

// fetch has the base image made present.
func (s *stage) fetch(ctx context.Context) (err error) {
	b, base := s.build, s.plan.Base
	ref, trusted := base.Ref, false
	if base.Kind == dockerfile.SourceNamed {
		if ref, trusted = b.spec.Contexts[base.Ref], true; strings.HasPrefix(ref, "/") {
			return s.failed(fmt.Errorf("FROM %s: a directory of files, not an image", base.Ref))
		}
	}
	if s.base, err = b.use(ctx, ref, trusted); err != nil {
		return s.failed(err)
	}
	return nil
}

func (s *stage) failed(err error) error {
	return &dockerfile.Error{File: s.build.name, Line: s.plan.Line, End: s.plan.End, Err: err}
}

// resolve finds the steps and their keys. Those that it depends on are resolved.
func (s *stage) resolve(ctx context.Context) (err error) {
	if s.resolved {
		return nil
	}
	s.resolved = true
	var config dockerfile.Config
	switch s.plan.Base.Kind {
	case dockerfile.SourceStage:
		s.parent = s.build.stages[s.plan.Base.Stage]
		s.baseKey, config = s.parent.key(), s.parent.config()
	case dockerfile.SourceScratch:
		s.baseKey = "scratch"
	default:
		s.baseKey, config = s.base.key, s.base.config
	}
	config.History = nil
	if s.result, err = s.plan.Resolve(config); err != nil {
		return err
	}
	if s.build.salt != "" {
		s.baseKey = digestOf(s.baseKey, s.build.salt)
	}
	for _, step := range s.result.Steps {
		if err := s.addKey(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) addKey(ctx context.Context, step dockerfile.Step) error {
	inputs, err := s.inputs(ctx, step)
	if err != nil {
		return s.stepFailed(step, err)
	}
	s.keys = append(s.keys, step.Key(s.key(), inputs))
	return nil
}

// key names what the stage comes to, as far as its keys are known.
func (s *stage) key() string {
	if len(s.keys) > 0 {
		return s.keys[len(s.keys)-1]
	}
	return s.baseKey
}

func (s *stage) config() dockerfile.Config { return s.result.Config }

// stepFailed puts an error to the lines of its step.
func (s *stage) stepFailed(step dockerfile.Step, err error) error {
	var done *failure.StepError
	var located *dockerfile.Error
	if err == nil || errors.As(err, &done) || errors.As(err, &located) || errors.Is(err, context.Canceled) {
		return err
	}
	e := &failure.StepError{File: s.build.name, Line: step.Line, End: step.End, Step: s.label(step.Number, step.Of, step.Text), Err: err}
	var ran *ranError
	if errors.As(err, &ran) {
		e.Exit, e.Tail, e.Err = ran.exit, ran.tail, nil
	}
	e.Source, e.First = failure.Excerpt(s.build.text, step.Line, step.End)
	return e
}

// stagesOf are the stages that a step takes files of.
func stagesOf(step dockerfile.Step) []int {
	var out []int
	if step.Copy != nil && step.Copy.From.Kind == dockerfile.SourceStage {
		out = append(out, step.Copy.From.Stage)
	}
	if step.Run != nil {
		for _, m := range step.Run.Mounts {
			if m.From.Kind == dockerfile.SourceStage {
				out = append(out, m.From.Stage)
			}
		}
	}
	return out
}
