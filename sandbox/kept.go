package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rootless-sandbox/sandbox/sandbox/cache"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// kept is what outlives a sandbox and is mounted in it beside its volumes, and
// the claims on both: nobody removes them until release, or the end of the process.
type kept struct {
	caches []cacheMount
	env    []string // what tools must be told
	uses   []func()
	wait   func() // lets others make volumes
}

type cacheMount struct {
	cache.Mount
	source string
}

// release gives up the claims. From then on the state of a sandbox that runs counts.
func (k *kept) release() {
	k.begun()
	for _, use := range k.uses {
		use()
	}
	k.uses = nil
}

// begun is said when the sandbox is built, or was not.
func (k *kept) begun() {
	if k.wait != nil {
		k.wait()
		k.wait = nil
	}
}

// claim makes the volumes and caches of a sandbox ready to be mounted.
func (e *Engine) claim(ctx context.Context, p *prepared) error {
	if err := e.claimVolumes(ctx, p); err != nil {
		return err
	}
	for _, c := range p.spec.Caches {
		if c.Name == "apt" && p.spec.Image.Kind == spec.ImageHost {
			continue // it was said that nothing is installed there
		}
		if err := e.claimCache(ctx, p, c); err != nil {
			return err
		}
	}
	return nil
}

// VolumeError: a volume cannot be used as it is.
type VolumeError struct{ ID, Why string }

func (e *VolumeError) Error() string { return "volume " + e.ID + ": " + e.Why }

// VolumeID names a volume of a project. Two projects may have the same name for two volumes.
func VolumeID(project, name string) string { return name + "@" + ID(project, "") }

func (e *Engine) claimVolumes(ctx context.Context, p *prepared) error {
	s := p.spec
	fresh := false
	for _, m := range s.Mounts {
		if m.Type != "volume" {
			continue
		}
		id := VolumeID(s.Project, m.Source)
		have, release, err := e.store.UseKept(ctx, store.Volumes, id, store.KeptInfo{Name: m.Source, Project: s.Project, IDs: p.ids.Key()})
		if err != nil {
			return err
		}
		p.kept.uses = append(p.kept.uses, release)
		if have.IDs != p.ids.Key() {
			return &VolumeError{id, "its files belong to other ids than user: " + s.User.Mode + " has them now"}
		}
		dir := e.store.Kept(store.Volumes, id).Part(volumePart)
		if p.at.volumes == nil {
			p.at.volumes = map[string]string{}
		}
		p.at.volumes[m.Source] = dir
		_, err = os.Lstat(dir)
		fresh = fresh || errors.Is(err, fs.ErrNotExist)
	}
	if !fresh {
		return nil
	}
	return e.firstUse(ctx, p)
}

// volumePart is the one part of a volume.
const volumePart = "root"

// firstUse makes new volumes: with an image the first process does, which has
// the image's content and the ids. The host base has no content for them.
func (e *Engine) firstUse(ctx context.Context, p *prepared) (err error) {
	if p.spec.Image.Kind != spec.ImageHost {
		p.kept.wait, err = e.store.LockName(ctx, "volumes")
		return err
	}
	for _, dir := range p.at.volumes {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// claimCache makes the directories of a cache. They are the caller's, who is the
// sandbox's user inside whatever the ids are.
func (e *Engine) claimCache(ctx context.Context, p *prepared, c spec.Cache) error {
	t, ok := cache.Find(c.Name)
	if !ok {
		return &UnknownCacheError{c.Name}
	}
	info := store.KeptInfo{Name: c.Name, IDs: p.ids.Key()}
	key := cacheKey(c, info.IDs, p.spec.Project)
	if c.Project {
		info.Project = p.spec.Project
	}
	_, release, err := e.store.UseKept(ctx, store.Caches, key, info)
	if err != nil {
		return err
	}
	p.kept.uses = append(p.kept.uses, release)
	u := p.spec.User
	mounts, env := t.In(u.Home, u.UID, withImageEnv(slices.Clone(p.spec.Image.Env), p.spec.Env))
	p.kept.env = append(p.kept.env, env...)
	for _, m := range mounts {
		if err := checkTarget(filepath.Clean(m.Target)); err != nil {
			return err
		}
		source := e.store.Kept(store.Caches, key).Part(m.Part)
		if err := makeCache(m, source); err != nil {
			return err
		}
		p.kept.caches = append(p.kept.caches, cacheMount{m, source})
	}
	return nil
}

func makeCache(m cache.Mount, source string) error {
	switch {
	case m.System:
		return nil // made inside, see userns.OpVolume
	case !m.File:
		return os.MkdirAll(source, 0o755)
	}
	f, err := os.OpenFile(source, os.O_RDONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// ops mounts the caches.
func (k *kept) ops() []userns.Op {
	var ops []userns.Op
	for _, m := range k.caches {
		op := userns.Op{Kind: userns.OpBind, Source: m.source, Target: m.Target, Follow: true, NoSuid: true}
		if m.System {
			op.Kind = userns.OpVolume
		}
		ops = append(ops, op)
		if m.Target == aptArchives {
			ops = append(ops, aptOps()...)
		}
	}
	return ops
}

const aptArchives = "/var/cache/apt/archives"

// aptOps has apt keep what it fetched: images made for containers have a file
// that throws it away.
func aptOps() []userns.Op {
	return []userns.Op{
		{Kind: userns.OpMask, Target: "/etc/apt/apt.conf.d/docker-clean"},
		{Kind: userns.OpWrite, Target: "/etc/apt/apt.conf.d/98sandbox-cache", Mode: 0o644, Follow: true, Optional: true,
			Data: "APT::Keep-Downloaded-Packages \"true\";\nBinary::apt::APT::Keep-Downloaded-Packages \"true\";\n"},
	}
}
