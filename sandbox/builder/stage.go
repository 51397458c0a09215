package builder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
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
	s.keys = append(s.keys, step.Key(s.lastKey(), inputs))
	return nil
}

func (s *stage) lastKey() string {
	if len(s.keys) > 0 {
		return s.keys[len(s.keys)-1]
	}
	return s.baseKey
}

// key names what the stage comes to.
func (s *stage) key() string { return s.lastKey() }

func (s *stage) config() dockerfile.Config { return s.result.Config }

// materialize makes all layers of the stage, once. Those that are here already are taken.
func (s *stage) materialize(ctx context.Context) error {
	s.once.Do(func() { s.err = s.makeLayers(ctx) })
	return s.err
}

// makeLayers begins with what the steps take files of, beside the stage that it is itself
// built on: neither needs the other.
func (s *stage) makeLayers(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	for _, step := range s.result.Steps[s.have():] {
		for _, n := range stagesOf(step) {
			group.Go(func() error { return s.build.stages[n].materialize(gctx) })
		}
	}
	group.Go(func() error { return s.makeSteps(gctx) })
	return group.Wait()
}

// have is how many of the first steps are done, as far as a look tells.
func (s *stage) have() int {
	for at, key := range s.keys {
		if _, err := s.build.Store.HaveLayer(store.LayerKey(key, s.build.ids.Key())); err != nil {
			return at
		}
	}
	return len(s.keys)
}

func (s *stage) makeSteps(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	at := 0
	for ; at < len(s.keys); at++ {
		if ok, err := s.take(s.keys[at]); err != nil {
			return err
		} else if !ok {
			break
		}
		s.tell(at, "cached", 0)
	}
	for ; at < len(s.keys); at++ {
		if err := s.make(ctx, at); err != nil {
			return err
		}
	}
	return nil
}

// begin takes the layers of the base.
func (s *stage) begin(ctx context.Context) error {
	list := []image.Layer{}
	switch {
	case s.parent != nil:
		if err := s.parent.materialize(ctx); err != nil {
			return err
		}
		for n, id := range s.parent.ids {
			if ok, err := s.take(id); err != nil || !ok {
				return errors.Join(err, errLayerGone)
			}
			s.times[n] = s.parent.times[n]
		}
	case s.base != nil:
		list = s.base.layers
	}
	for _, l := range list {
		if ok, err := s.take(l.DiffID.String()); err != nil || !ok {
			return errors.Join(err, errLayerGone)
		}
	}
	name := s.label(1, len(s.keys)+1, s.plan.Text)
	s.build.emit(spec.Event{Kind: "step", Step: s.build.step(), Name: name, State: "cached"})
	return nil
}

var errLayerGone = errors.New("a layer was removed meanwhile")

// take claims a layer that is here.
func (s *stage) take(id string) (bool, error) {
	images := local.Images{Store: s.build.Store}
	key := store.LayerKey(id, s.build.ids.Key())
	ok, err := images.Claim(&s.layers, key)
	if err != nil || !ok {
		return false, err
	}
	l, err := s.build.Store.HaveLayer(key)
	if err != nil {
		return false, err
	}
	s.ids, s.times = append(s.ids, id), append(s.times, l.Made.UTC())
	return true, nil
}

func (s *stage) tell(at int, state string, took time.Duration) {
	step := s.result.Steps[at]
	s.build.emit(spec.Event{Kind: "step", Step: s.build.step(), Name: s.label(step.Number, step.Of, step.Text), State: state, Elapsed: took})
}

// make makes the layer of one step, unless another process was first.
func (s *stage) make(ctx context.Context, at int) error {
	step := s.result.Steps[at]
	for _, n := range stagesOf(step) {
		if err := s.build.stages[n].materialize(ctx); err != nil {
			return err
		}
	}
	key := store.LayerKey(s.keys[at], s.build.ids.Key())
	unlock, err := s.build.Store.LockName(ctx, "layer "+key)
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := s.take(s.keys[at]); ok || err != nil {
		s.tell(at, "cached", 0)
		return err
	}
	select {
	case s.build.working <- struct{}{}:
		defer func() { <-s.build.working }()
	case <-ctx.Done():
		return ctx.Err()
	}
	number, begin := s.build.step(), time.Now()
	told := spec.Event{Kind: "step", Step: number, Name: s.label(step.Number, step.Of, step.Text), State: "start"}
	s.build.emit(told)
	w := &stepWork{stage: s, step: step, number: number, key: key}
	if err = w.run(ctx); err == nil {
		var ok bool
		if ok, err = s.take(s.keys[at]); err == nil && !ok {
			err = errLayerGone
		}
	}
	told.State, told.Elapsed = "ok", time.Since(begin)
	if err != nil {
		told.State = "failed"
	}
	if ctx.Err() == nil {
		s.build.emit(told)
	}
	return s.stepFailed(step, err)
}

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

// finished is the image that the stage comes to.
func (s *stage) finished() (store.Image, error) {
	c := s.config()
	c.History = s.history()
	c.OS, c.Architecture = "linux", s.archOf()
	c.RootFS.Type, c.RootFS.DiffIDs = "layers", nil
	have := store.Image{}
	var newest time.Time
	for n, id := range s.ids {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.Digest(id))
		have.Layers = append(have.Layers, image.Layer{DiffID: digest.Digest(id)})
		if s.times[n].After(newest) {
			newest = s.times[n]
		}
	}
	c.Created = &newest
	return have, setConfig(&have, c)
}
