package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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
	const script = 1 // of featureScript, to be counted up when it does something else
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
		mounts: []spec.Mount{{Type: "bind", Source: source, Target: featureSource, ReadOnly: true}},
	}
	return i.layer(ctx, base, key, nil, func() error {
		return i.run(ctx, installCommand(f), slices.Concat(proxies(), env, f.Options, featureUser(p.spec.User)))
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

// Where the files of a feature are while it is installed: both are in memory there.
const (
	featureSource = "/tmp/.sandbox-feature"
	featureWork   = "/tmp/dev-container-features/"
)

// featureScript runs a feature's script in a copy of its folder, which scripts write to.
// The user that the feature is for has a name by then, as it has in the sandbox.
const featureScript = `set -e
umask 022
work=$1
if ! grep -q "^$_SANDBOX_NAME:[^:]*:$_SANDBOX_UID:" /etc/passwd 2>/dev/null; then
	shell=/bin/sh
	[ ! -x /bin/bash ] || shell=/bin/bash
	old=$(cat /etc/passwd 2>/dev/null || :)
	printf '%s:x:%s:%s::%s:%s\n%s\n' "$_SANDBOX_NAME" "$_SANDBOX_UID" "$_SANDBOX_GID" "$_REMOTE_USER_HOME" "$shell" "$old" > /etc/passwd
	grep -q "^[^:]*:[^:]*:$_SANDBOX_GID:" /etc/group 2>/dev/null || printf '%s:x:%s:\n' "$_SANDBOX_NAME" "$_SANDBOX_GID" >> /etc/group
fi
if [ -f /etc/shadow ] && ! grep -q "^$_SANDBOX_NAME:" /etc/shadow; then
	printf '%s:*:20000:0:99999:7:::\n' "$_SANDBOX_NAME" >> /etc/shadow
fi
[ -d "$_REMOTE_USER_HOME" ] || { mkdir -p "$_REMOTE_USER_HOME" && chown "$_SANDBOX_UID:$_SANDBOX_GID" "$_REMOTE_USER_HOME"; }
unset _SANDBOX_NAME _SANDBOX_UID _SANDBOX_GID
mkdir -p "$work"
cp -RP ` + featureSource + `/. "$work"
cd "$work"
chmod +x ` + feature.Script + `
exec ./` + feature.Script

func installCommand(f spec.Feature) []string {
	r, err := feature.ParseReference(f.ID)
	name := "feature"
	if err == nil {
		name = r.ID()
	}
	return []string{"/bin/sh", "-c", featureScript, "sh", featureWork + name}
}

// featureUser is what a script is told of the sandbox's user, who is the container's as well.
func featureUser(u spec.User) []string {
	return []string{
		"_REMOTE_USER=" + u.Name, "_CONTAINER_USER=" + u.Name, "_REMOTE_USER_HOME=" + u.Home, "_CONTAINER_USER_HOME=" + u.Home,
		"_SANDBOX_NAME=" + u.Name, "_SANDBOX_UID=" + strconv.Itoa(u.UID), "_SANDBOX_GID=" + strconv.Itoa(u.GID),
	}
}

// featureKeys are what decides what is installed.
func featureKeys(list []spec.Feature) []string {
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s %q %q", f.Digest, f.Options, f.Env))
	}
	return out
}

// featureDiff names what is there, gone, or other than it was.
func featureDiff(old, want []spec.Feature) string {
	names := func(list []spec.Feature) (out []string) {
		for _, f := range list {
			out = append(out, f.ID)
		}
		return out
	}
	if diff := listDiff(names(old), names(want)); diff != "" {
		return diff
	}
	was, is := featureKeys(old), featureKeys(want)
	var out []string
	for i, f := range want {
		if i < len(was) && !slices.Contains(was, is[i]) {
			out = append(out, f.ID)
		}
	}
	if len(out) == 0 {
		return "in another order"
	}
	return strings.Join(out, " ")
}

// entrypoints runs those of features. One that fails is told, and ends nothing: so do other tools.
func (u *upper) entrypoints(ctx context.Context, r *hookRunner, list []spec.Hook) error {
	for _, h := range pending(u.state, list) {
		err := r.together(ctx, []spec.Hook{h}, nil)
		var failed *HookError
		if errors.As(err, &failed) && ctx.Err() == nil {
			u.emit(spec.Event{Kind: "degraded", Name: h.Name, Detail: failed.why() + ": " + strings.Join(failed.Tail, " / ")})
			err = nil
		}
		if err != nil {
			return err
		}
		u.done(h.Name, mark(h))
		if err := u.engine.store.WriteState(u.state.Spec.ID, u.state); err != nil {
			return err
		}
	}
	return nil
}
