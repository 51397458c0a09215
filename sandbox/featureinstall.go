package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// defaultPath is what commands find programs by where the image says nothing.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// addFeatures puts a layer for each feature on top of a base. Each is made once for
// what is below it, what the feature is, its options, and the user it is for; so
// a feature more leaves those before it alone, and nothing else than these makes one anew.
func (e *Engine) addFeatures(ctx context.Context, images *local.Images, b *local.Base, p *prepared, emit func(spec.Event)) error {
	if len(p.spec.Image.Features) == 0 {
		return nil
	}
	env := b.Env
	if lookup(env, "PATH") == "" {
		env = append([]string{defaultPath}, env...)
	}
	for _, f := range p.spec.Image.Features {
		env = feature.WithEnv(env, f.Env)
		if err := e.addFeature(ctx, images, b, p, f, env, emit); err != nil {
			return err
		}
	}
	b.Env = env
	return nil
}

// featureLayer names the layer of a feature.
func (e *Engine) featureLayer(base []string, f spec.Feature, u spec.User, again bool) (string, error) {
	const script = 1 // of feature.Install, to be counted up when it does something else
	text, err := json.Marshal([]any{script, base, f.Digest, f.Options, f.Env, u.Name, u.UID, u.GID, u.Home})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return e.generationOf("feature:"+hex.EncodeToString(sum[:16]), again)
}

func (e *Engine) addFeature(ctx context.Context, images *local.Images, b *local.Base, p *prepared, f spec.Feature, env []string, emit func(spec.Event)) error {
	name, err := e.featureLayer(b.Keys, f, p.spec.User, p.policy == local.Always)
	if err != nil {
		return err
	}
	key := store.LayerKey(name, p.ids.Key())
	return e.addLayer(ctx, images, b, key, "feature "+f.ID, "installed", emit, func() error {
		err := e.installFeature(ctx, b, p, f, env, key, emit)
		if err != nil && ctx.Err() == nil {
			err = &FeatureError{f.ID, err}
		}
		return err
	})
}

func (e *Engine) installFeature(ctx context.Context, base *local.Base, p *prepared, f spec.Feature, env []string, key string, emit func(spec.Event)) error {
	release, ok, err := e.store.UseFeature(f.Digest)
	if err != nil || !ok {
		return errors.Join(err, ErrOffline)
	}
	defer release()
	source := e.store.Feature(f.Digest).Root()
	if st, err := os.Lstat(filepath.Join(source, feature.Script)); err != nil || !st.Mode().IsRegular() {
		return errors.New("there is no " + feature.Script + " in it")
	}
	i := &installer{
		engine: e, ids: p.ids, network: buildNetwork(p.spec.Network), emit: emit,
		mounts: []spec.Mount{{Type: "bind", Source: source, Target: feature.InstallFrom, ReadOnly: true}},
	}
	return i.layer(ctx, base, key, nil, func() error {
		u := p.spec.User
		install, told := feature.Install(f.ID, feature.User{Name: u.Name, UID: u.UID, GID: u.GID, Home: u.Home})
		return i.run(ctx, install, slices.Concat(proxies(), env, f.Options, told))
	})
}

// buildNetwork: what a feature runs is nobody's word on what may be reached on this
// host, unless the sandbox has its network as well.
func buildNetwork(mode string) string {
	if mode == spec.NetworkHost {
		return mode
	}
	return spec.NetworkPrivate
}
