package sandbox

import (
	"slices"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// sameBase takes the very layers that the sandbox was made of: what was written
// inside is a difference to them, whatever the image's name means by now and
// however often its packages were installed anew. False when the specification
// names none, or they are not here for these ids.
func (e *Engine) sameBase(images *local.Images, p *prepared) (bool, error) {
	if len(p.spec.Image.Layers) == 0 || p.policy == local.Always {
		return false, nil
	}
	b := &local.Base{}
	for _, key := range p.spec.Image.Layers {
		if ok, err := images.Claim(b, key); err != nil || !ok {
			b.Release()
			return false, err
		}
	}
	s := p.spec
	if s.User.Mode == spec.UserName {
		if err := nameUser(&s, b.Dirs...); err != nil {
			b.Release()
			return false, err
		}
	}
	ids := caller(s.IDs).Map(s.User.UID, s.User.GID)
	if slices.ContainsFunc(b.Keys, func(key string) bool { _, of := store.SplitLayerKey(key); return of != ids.Key() }) {
		b.Release()
		return false, nil
	}
	p.spec, p.ids, p.at.lower, p.bases = s, ids, b.Dirs, append(p.bases, b)
	return true, nil
}
