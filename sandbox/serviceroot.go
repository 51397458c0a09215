package sandbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// A service with an image of its own is started in a root file system that is mounted
// inside the sandbox, by chroot(2): it is one more program of the sandbox, which no
// boundary keeps from the rest, with other files around it.

// serviceBases makes the images of services present, and completes what they say.
func (e *Engine) serviceBases(ctx context.Context, p *prepared, emit func(spec.Event)) error {
	p.spec.Services = slices.Clone(p.spec.Services)
	for i := range p.spec.Services {
		w := &p.spec.Services[i]
		if w.Image == nil {
			continue
		}
		own := *w.Image
		w.Image = &own
		if own.Kind == spec.ImageDir {
			if err := local.CheckRootfs(&own); err != nil {
				return &ImageError{Ref: own.Ref, Err: err}
			}
		}
		var config v1.ImageConfig
		dirs := []string{own.Path}
		if own.Kind != spec.ImageDir {
			b, err := e.images(emit).Ensure(ctx, own, p.ids, p.policy)
			if err != nil {
				return &ImageError{Ref: own.Ref, Err: err}
			}
			p.bases = append(p.bases, b)
			dirs = b.Dirs
			own.Digest, own.Layers, own.Env = b.Image.Digest, b.Keys, b.Env
			var image v1.Image
			if json.Unmarshal(b.Image.Config, &image) == nil {
				config = image.Config
			}
		}
		w.Said = &spec.ImageSays{Entrypoint: config.Entrypoint, Args: slices.Concat(config.Entrypoint, config.Cmd), User: config.User, Dir: config.WorkingDir, Env: config.Env}
		if len(completed(*w).Args) == 0 {
			return &ServiceError{Name: w.Name, Why: "it has no command, and its image says none"}
		}
		if p.serviceDirs == nil {
			p.serviceDirs = map[string][]string{}
		}
		p.serviceDirs[w.Name] = dirs
	}
	return nil
}

// completed has what the image says where the configuration says nothing. A command of
// the configuration replaces the image's, entry point and all.
func completed(w spec.Service) spec.Service {
	if w.Image == nil || w.Said == nil {
		return w
	}
	switch {
	case len(w.Args) == 0:
		w.Args = w.Said.Args
	case w.AfterEntrypoint:
		w.Args, w.AfterEntrypoint = slices.Concat(w.Said.Entrypoint, w.Args), false
	}
	w.User = cmp.Or(w.User, w.Said.User, "0")
	w.Dir = cmp.Or(w.Dir, path.Join(w.Root, w.Said.Dir))
	w.Env = slices.Concat(w.Said.Env, w.Env)
	return w
}

// serviceOps mounts the roots of services.
func (p *prepared) serviceOps() []userns.Op {
	var ops []userns.Op
	for _, w := range p.spec.Services {
		dirs := slices.Clone(p.serviceDirs[w.Name])
		if w.Image == nil || len(dirs) == 0 {
			continue
		}
		slices.Reverse(dirs) // overlay wants the lowest last
		op := userns.Op{Kind: userns.OpRoot, Target: w.Root, Lower: strings.Join(dirs, "\x00")}
		if p.at.services != "" {
			op.Upper = filepath.Join(p.at.services, serviceKey(w)+"-upper")
			op.Work = filepath.Join(p.at.services, serviceKey(w)+"-work")
		}
		ops = append(ops, op)
		for _, dir := range []string{"/proc", "/sys", "/dev"} {
			ops = append(ops, userns.Op{Kind: userns.OpShare, Source: dir, Target: w.Root + dir})
		}
		for _, file := range []string{"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"} {
			ops = append(ops, userns.Op{Kind: userns.OpShare, Source: file, Target: w.Root + file, Optional: true})
		}
		ops = append(ops, userns.Op{Kind: userns.OpTmpfs, Target: w.Root + "/tmp", Mode: 0o1777}, userns.Op{Kind: userns.OpTmpfs, Target: w.Root + "/run", Mode: 0o755})
	}
	return ops
}

// serviceKey names the writable layer of a service's root: that of another image is another one.
func serviceKey(w spec.Service) string {
	sum := sha256.Sum256([]byte(w.Image.Path + "\x00" + strings.Join(w.Image.Layers, "\x00")))
	return "service-" + w.Name + "-" + hex.EncodeToString(sum[:6])
}

// allLayers are the keys of all that a sandbox is made of.
func allLayers(s spec.Spec) []string {
	keys := slices.Clone(s.Image.Layers)
	for _, w := range s.Services {
		if w.Image != nil {
			keys = append(keys, w.Image.Layers...)
		}
	}
	return keys
}

// fillServices completes services as fillImage does with an image.
func fillServices(want, old []spec.Service) []spec.Service {
	want = slices.Clone(want)
	for i := range want {
		w := &want[i]
		at := slices.IndexFunc(old, func(o spec.Service) bool { return o.Name == w.Name })
		if w.Image == nil || at < 0 || old[at].Image == nil {
			continue
		}
		own := *w.Image
		fillImage(&own, *old[at].Image)
		w.Image, w.Said = &own, old[at].Said
	}
	return want
}

// imagesOfServices are what a start makes of services.
func imagesOfServices(s spec.Spec) map[string]spec.Image {
	out := map[string]spec.Image{}
	for _, w := range s.Services {
		if w.Image != nil {
			out[w.Name] = without(*w.Image)
		}
	}
	return out
}

// withoutImages are services without what a start makes of them.
func withoutImages(list []spec.Service) []spec.Service {
	var out []spec.Service
	for _, w := range list {
		w.Image, w.Said = nil, nil
		out = append(out, w)
	}
	return out
}
