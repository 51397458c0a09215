package builder

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

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
