package sandbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/cache"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/wire"
	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// Written is what was written inside a sandbox, outside of the project.
type Written struct {
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
}

func (w Written) String() string {
	if w.Files == 1 {
		return fmt.Sprintf("1 file (%d bytes) that was written inside", w.Bytes)
	}
	return fmt.Sprintf("%d files (%d bytes) that were written inside", w.Files, w.Bytes)
}

// ownChanges counts what would be lost with a sandbox: files that it did not get
// from us. Directories do not count.
func (e *Engine) ownChanges(ctx context.Context, st store.State) (Written, error) {
	dir, s := e.store.Sandbox(st.Spec.ID), st.Spec
	w := job.Written{Known: known(s)}
	for _, tree := range []struct{ path, at string }{
		{dir.Upper(), "/"}, {dir.EtcUpper(), "/etc"}, {dir.Home(), s.User.Home}, {dir.Root(), "/"},
		{filepath.Join(dir.FS(), "project-upper"), s.Workspace.Target},
	} {
		if _, err := os.Lstat(tree.path); err == nil {
			w.Trees = append(w.Trees, job.Tree{Path: tree.path, At: tree.at})
		}
	}
	if len(w.Trees) == 0 {
		return Written{}, nil
	}
	var size job.Size
	err := job.Do(ctx, job.Job{Written: &w}, caller(s.IDs).Map(s.User.UID, s.User.GID), nil, &size)
	return Written{Files: size.Entries, Bytes: size.Bytes}, err
}

// known are the files that a start writes itself.
func known(s spec.Spec) []string {
	files := []string{"/workspace", "/etc/apt/apt.conf.d/99sandbox"}
	for _, name := range strings.Fields("passwd group shadow gshadow hostname hosts resolv.conf machine-id mtab") {
		files = append(files, "/etc/"+name)
	}
	if s.Image.Kind == spec.ImageHost {
		files = append(files, "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
	}
	p := &prepared{spec: s}
	for _, c := range s.Caches {
		if t, ok := cache.Find(c.Name); ok {
			mounts, _ := t.In(s.User.Home, s.User.UID, withImageEnv(slices.Clone(s.Image.Env), s.Env))
			for _, m := range mounts {
				p.kept.caches = append(p.kept.caches, cacheMount{Mount: m})
			}
		}
	}
	l, err := p.launch(rootfs.Overlay)
	if err != nil {
		return files // more counts then
	}
	for _, op := range l.Ops {
		files = append(files, filepath.Clean(op.Target))
	}
	return files
}

// setEnv gives a running sandbox the environment of another specification; the
// commands that run keep theirs. drop and probed are what the user's shell set, and sets.
func (e *Engine) setEnv(old, want spec.Spec, drop, probed []string) error {
	c, err := e.dial(want.ID)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	env := commandsEnv(want, withImageEnv(want.Image.Env, want.Env), probed)
	body := wire.EnvBody{Version: wire.Version, Env: env, Shell: want.User.Shell, Drop: slices.Concat(remoteNames(old), remoteNames(want))}
	for _, kv := range slices.Concat(withImageEnv(old.Image.Env, old.Env), drop, env) {
		name, _, _ := strings.Cut(kv, "=")
		body.Drop = append(body.Drop, name)
	}
	if err := c.Send(wire.SetEnv, body); err != nil {
		return lost(err)
	}
	_, err = receive(c, wire.EnvSet)
	return err
}
