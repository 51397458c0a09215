package sandbox

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// generationOf is a name together with how often it was made anew; anew makes it once more.
func (e *Engine) generationOf(name string, anew bool) (string, error) {
	generation, err := e.store.Generation(name, anew)
	if err == nil && generation > 0 {
		name += ":" + strconv.Itoa(generation)
	}
	return name, err
}

// addLayer puts the layer of a key on top of a base: the one that is there, or else what install
// makes. Of several that need it at once one makes it. made and what are for who watches.
func (e *Engine) addLayer(ctx context.Context, images *local.Images, b *local.Base, key, what, made string, emit func(spec.Event), install func() error) error {
	if ok, err := images.Claim(b, key); ok || err != nil {
		return err
	}
	unlock, err := e.store.LockName(ctx, key)
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := images.Claim(b, key); ok || err != nil {
		return err
	}
	begin := time.Now()
	emit(spec.Event{Kind: "image", Name: what, State: "start", Detail: "installing"})
	if err := install(); err != nil {
		return err
	}
	if ok, err := images.Claim(b, key); err != nil || !ok {
		return errors.Join(err, errors.New("the layer was removed meanwhile"))
	}
	emit(spec.Event{Kind: "image", Name: what, State: "ok", Elapsed: time.Since(begin), Detail: made + ", cached from now on"})
	return nil
}
