package sandbox

import (
	"context"
	"path/filepath"
	"strconv"

	"github.com/rootless-sandbox/sandbox/sandbox/image/archive"
	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/agent"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// prepared is what is known before the first process starts.
type prepared struct {
	spec  spec.Spec
	at    layout
	ids   userns.IDMap
	bases []*local.Base // of layers that are kept in the store
	// network is nil where there is nothing to make of it.
	network *network
	emit    func(spec.Event)
	group   string // directory of the control group that the first process is in, if any
	// devices of this host that are asked for, as they are now.
	devices devices
	// noRoot: the only command that there will be runs as the sandbox's user.
	noRoot  bool
	kept    kept
	secrets []secret.Value
	git     gitParts
	agent   string // of ssh, on the host; "" for none
	// bare: nothing is written into the root file system, which is being made.
	bare bool
	// serviceDirs are the layers of services with an image of their own, the lowest first.
	serviceDirs map[string][]string
	// build: it is being made by the commands of a Dockerfile, which find it as it will be, and these steps.
	build bool
	extra []userns.Op
	// pristine: caches are seen through a layer that is thrown away. umask is that of commands, nil for the caller's.
	pristine bool
	umask    *int
	policy   local.Policy // when the image is looked for
}

// prepare makes the image present and finds the user of the image. What it holds
// on to is given up by release.
func (e *Engine) prepare(ctx context.Context, s spec.Spec, emit func(spec.Event)) (*prepared, error) {
	return e.prepareAs(ctx, s, local.Missing, emit)
}

// prepareAs is prepare with a policy of when the image is looked for.
func (e *Engine) prepareAs(ctx context.Context, s spec.Spec, policy local.Policy, emit func(spec.Event)) (*prepared, error) {
	p := &prepared{spec: s, emit: emit, at: layout{staging: e.store.Staging()}, policy: policy}
	if s.Image.Kind == spec.ImageDir {
		if err := local.CheckRootfs(&p.spec.Image); err != nil {
			return nil, &ImageError{Ref: s.Image.Ref, Err: err}
		}
	}
	var err error
	if p.devices, err = findDevices(s.Security, emit); err != nil {
		return nil, err
	}
	err = e.base(ctx, p, emit)
	if err == nil {
		err = e.serviceBases(ctx, p, emit)
	}
	if err == nil {
		err = e.claim(ctx, p)
	}
	if err != nil {
		p.release()
		return nil, err
	}
	tellDotfiles(p.spec, emit)
	p.lookAtGit(emit)
	p.lookAtAgent(emit)
	return p, nil
}

// base finds the user, whose id decides the mapping, and the layers under it.
func (e *Engine) base(ctx context.Context, p *prepared, emit func(spec.Event)) error {
	i := &p.spec.Image
	who := caller(p.spec.IDs)
	images := e.images(emit)
	if i.Kind == spec.ImageHost || i.Kind == spec.ImageDir {
		return e.hostBase(ctx, images, p, emit)
	}
	if ok, err := e.sameBase(images, p); ok || err != nil {
		return err
	}
	if p.spec.User.Mode == spec.UserName {
		// Whose id it is stands in the image; until then any mapping will do, and with the right one all is done.
		images.KeepBlobs = true
		b, err := images.Ensure(ctx, *i, who.Map(likelyIDs(p.spec.User.Name)), p.policy)
		if err != nil {
			return &ImageError{Ref: i.Ref, Err: err}
		}
		defer b.Release()
		if err := nameOrMake(&p.spec, b.Dirs...); err != nil {
			return err
		}
		images.KeepBlobs = false
	}
	again, err := e.layers(ctx, images, p, emit)
	if err == nil && again {
		_, err = e.layers(ctx, images, p, emit)
	}
	return err
}

// layers are the image's and what is installed on top. again: the user turned out to
// have another id, so that they belong to the wrong one.
func (e *Engine) layers(ctx context.Context, images *local.Images, p *prepared, emit func(spec.Event)) (again bool, err error) {
	i := &p.spec.Image
	p.ids = caller(p.spec.IDs).Map(p.spec.User.UID, p.spec.User.GID)
	b, err := images.Ensure(ctx, *i, p.ids, p.policy)
	if err != nil {
		return false, &ImageError{Ref: i.Ref, Err: err}
	}
	p.bases = append(p.bases, b)
	if len(i.Packages) > 0 && i.Kind != spec.ImageApt {
		if err := e.addPackages(ctx, images, b, p, emit); err != nil {
			return false, err
		}
	}
	if again, err = e.withFeatures(ctx, images, b, p, emit); err != nil {
		return false, err
	}
	p.at.lower = b.Dirs
	i.Digest, i.Layers, i.Env = b.Image.Digest, b.Keys, b.Env
	return again, nil
}

// likelyIDs are those that images give to the one user that they are made for.
func likelyIDs(name string) (uid, gid int) {
	if id, err := strconv.Atoi(name); err == nil && id >= 0 && id < 1<<16 {
		return id, id
	}
	const first = 1000 // of UID_MIN in login.defs(5)
	return first, first
}

// hostBase is a base that is a directory of the host, which the store does not keep.
func (e *Engine) hostBase(ctx context.Context, images *local.Images, p *prepared, emit func(spec.Event)) error {
	i := &p.spec.Image
	if p.spec.User.Mode == spec.UserName {
		if err := nameUser(&p.spec, rootOf(*i)); err != nil {
			return err
		}
	}
	p.ids = caller(p.spec.IDs).Map(p.spec.User.UID, p.spec.User.GID)
	if i.Kind == spec.ImageHost {
		return nil
	}
	p.at.lower = []string{i.Path}
	if len(i.Packages)+len(i.Features) == 0 {
		return nil
	}
	stamp, err := local.StampTree(i.Path)
	if err != nil {
		return &ImageError{Ref: i.Ref, Err: err}
	}
	b := &local.Base{Dirs: p.at.lower, Keys: []string{"dir:" + i.Path + ":" + stamp}}
	p.bases = append(p.bases, b)
	if len(i.Packages) > 0 {
		if err := e.addPackages(ctx, images, b, p, emit); err != nil {
			return err
		}
	}
	if err := e.addFeatures(ctx, images, b, p, emit); err != nil {
		return err
	}
	p.at.lower, i.Layers, i.Env = b.Dirs, b.Keys, b.Env
	return nil
}

// release lets go of the image's layers.
func (p *prepared) release() {
	for _, b := range p.bases {
		b.Release()
	}
	p.kept.release()
}

func rootOf(i spec.Image) string {
	if i.Kind == spec.ImageHost {
		return "/"
	}
	return i.Path
}

// nameUser looks a user of the image up, in its own passwd(5) and never outside
// of it. roots are the image's layers, the lowest first.
func nameUser(s *spec.Spec, roots ...string) error {
	text := ""
	for _, root := range roots {
		upper, err := archive.ReadFile(root, "etc/passwd")
		if err != nil {
			return &ImageError{Ref: s.Image.Ref, Err: err}
		}
		if upper != "" {
			text = upper
		}
	}
	found, err := agent.FindUser(s.User.Name, text)
	if err != nil {
		return &UserError{Name: s.User.Name}
	}
	s.User.Name, s.User.UID, s.User.GID, s.User.Home = found.Name, found.UID, found.GID, found.Home
	return nil
}

// keep places the writable parts in a sandbox's own directory.
func (p *prepared) keep(d store.Dir) {
	p.at.upper, p.at.work, p.at.whole = d.Upper(), d.Work(), ""
	p.at.etcUpper, p.at.etcWork = d.EtcUpper(), d.EtcWork()
	p.at.services = d.FS()
	p.at.wsUpper, p.at.wsWork = filepath.Join(d.FS(), "project-upper"), filepath.Join(d.FS(), "project-work")
	if p.spec.Image.Kind == spec.ImageHost {
		p.at.whole = d.Root()
	}
}
