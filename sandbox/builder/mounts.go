package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// runMounts are the mounts of one RUN.
type runMounts struct {
	work    *stepWork
	command *Command
	done    []func()
	locked  func() // lets others make caches
}

func (m *runMounts) begun() {
	if m.locked != nil {
		m.locked()
		m.locked = nil
	}
}

func (m *runMounts) release() {
	m.begun()
	for _, f := range slices.Backward(m.done) {
		f()
	}
}

func (m *runMounts) op(op userns.Op) {
	op.Follow, op.NoSuid = true, true
	m.command.Ops = append(m.command.Ops, op)
}

// add turns them into steps of the set-up.
func (m *runMounts) add(ctx context.Context, run *dockerfile.Run) error {
	if run.Script != "" {
		m.op(userns.Op{Kind: userns.OpFile, Target: run.Args[0], Data: run.Script, Mode: 0o755, ReadOnly: true})
	}
	for n, mount := range run.Mounts {
		var err error
		switch mount.Type {
		case dockerfile.MountBind:
			err = m.bind(ctx, mount, n)
		case dockerfile.MountCache:
			err = m.cache(ctx, mount)
		case dockerfile.MountTmpfs:
			m.op(userns.Op{Kind: userns.OpTmpfs, Target: mount.Target, Mode: 0o755, Size: mount.Size})
			m.work.tidy.Dirs = append(m.work.tidy.Dirs, mount.Target)
		case dockerfile.MountSecret:
			err = m.secret(ctx, mount)
		case dockerfile.MountSSH:
			err = m.agent(mount)
		}
		if err != nil {
			return fmt.Errorf("mount of type %s: %w", mount.Type, err)
		}
	}
	return nil
}

// bind shows a copy of files of the context, of a stage or of an image: what is
// left out by .dockerignore is not there, and what is written to it is gone afterwards.
func (m *runMounts) bind(ctx context.Context, mount dockerfile.Mount, n int) error {
	w := m.work
	target := &m.work.tidy.Dirs
	dir := filepath.Join(w.mounts(), strconv.Itoa(n))
	if err := os.MkdirAll(w.mounts(), 0o700); err != nil {
		return err
	}
	in := &job.In{Root: &userns.Root{Kind: userns.RootDir, Upper: dir}, Staging: w.stage.build.Store.Staging()}
	if mount.From.Kind != dockerfile.SourceScratch {
		write := w.stage.build.writer(mount.From, pick.Request{Paths: []string{mount.Path}})
		if err := w.stage.build.placeIn(ctx, in, job.Place{Dest: "/it"}, write); err != nil {
			return err
		}
	} else if err := w.stage.build.placeIn(ctx, in, job.Place{Dest: "/it", Dir: true}, nil); err != nil {
		return err
	}
	source := filepath.Join(dir, "it")
	if info, err := os.Lstat(source); err == nil && !info.IsDir() {
		target = &m.work.tidy.Files
	}
	*target = append(*target, mount.Target)
	m.op(userns.Op{Kind: userns.OpBind, Source: source, Target: mount.Target, ReadOnly: mount.ReadOnly})
	return nil
}

// cachePart is the one part of the cache of a build.
const cachePart = "root"

// cache shows a directory that outlives the build, of this user's builds with the same ids.
func (m *runMounts) cache(ctx context.Context, mount dockerfile.Mount) error {
	b := m.work.stage.build
	name := "build " + mount.ID
	if mount.From.Kind != "" { // one that begins with something else is another one
		content, err := b.content(ctx, mount.From, pick.Request{Paths: []string{mount.Path}})
		if err != nil {
			return err
		}
		name += " from " + digestOf(content, mount.Path)[len("sha256:"):][:12]
	}
	info := store.KeptInfo{Name: name, IDs: b.ids.Key()}
	key := name + "@" + info.IDs
	_, release, err := b.Store.UseKept(ctx, store.Caches, key, info)
	if err != nil {
		return err
	}
	m.done = append(m.done, release)
	if mount.Sharing == "locked" || mount.Sharing == "private" {
		unlock, err := b.Store.LockName(ctx, "cache "+key)
		if err != nil {
			return err
		}
		m.done = append(m.done, unlock)
	}
	source := b.Store.Kept(store.Caches, key).Part(cachePart)
	if _, err := os.Lstat(source); errors.Is(err, fs.ErrNotExist) && m.locked == nil {
		if m.locked, err = b.Store.LockName(ctx, "volumes"); err != nil {
			return err
		}
		if err := m.beginWith(ctx, mount, source); err != nil {
			return err
		}
	}
	m.op(userns.Op{
		Kind: userns.OpVolume, Source: source, Target: mount.Target, ReadOnly: mount.ReadOnly,
		Mode: mount.Mode, UID: mount.UID, GID: mount.GID, Optional: true,
	})
	m.work.tidy.Dirs = append(m.work.tidy.Dirs, mount.Target)
	return nil
}

// beginWith fills a new cache with what it is to begin with.
func (m *runMounts) beginWith(ctx context.Context, mount dockerfile.Mount, source string) error {
	if mount.From.Kind == "" || mount.From.Kind == dockerfile.SourceScratch {
		return nil
	}
	b := m.work.stage.build
	dir, base := filepath.Split(source)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	filled := filepath.Join(dir, base+".from")
	if err := job.Do(ctx, job.Job{Remove: []string{filled}}, b.ids, nil, nil); err != nil { // of one that was broken off
		return err
	}
	in := &job.In{Root: &userns.Root{Kind: userns.RootDir, Upper: filepath.Clean(dir)}, Staging: b.Store.Staging()}
	write := b.writer(mount.From, pick.Request{Paths: []string{mount.Path}})
	if err := b.placeIn(ctx, in, job.Place{Dest: "/" + base + ".from"}, write); err != nil {
		return err
	}
	if info, err := os.Lstat(filled); err != nil || !info.IsDir() {
		return errors.Join(err, os.Remove(filled), errors.New("what a cache begins with has to be a directory"))
	}
	return os.Rename(filled, source)
}

// secret shows a value as a file in memory, as a variable, or as both.
func (m *runMounts) secret(ctx context.Context, mount dockerfile.Mount) error {
	for _, s := range m.work.stage.build.spec.Secrets {
		if s.Name != mount.ID {
			continue
		}
		b := m.work.stage.build
		values, err := b.Secrets(ctx, []spec.Secret{s}, b.spec.Project)
		if err != nil {
			return err
		}
		if mount.Env != "" {
			m.command.Env = append(m.command.Env, mount.Env+"="+string(values[0].Data))
		}
		if mount.Target == "" {
			return nil
		}
		m.op(userns.Op{
			Kind: userns.OpFile, Target: mount.Target, Data: string(values[0].Data), Mode: mount.Mode,
			UID: mount.UID, GID: mount.GID, ReadOnly: true, NoExec: true,
		})
		m.work.tidy.Files = append(m.work.tidy.Files, mount.Target)
		return nil
	}
	if mount.Required {
		return &failure.MissingSecretError{Type: "secret", ID: mount.ID}
	}
	return nil
}

// agent shows the socket of an ssh agent.
func (m *runMounts) agent(mount dockerfile.Mount) error {
	socket, ok := m.work.stage.build.spec.SSH[mount.ID]
	if !ok {
		if mount.Required {
			return &failure.MissingSecretError{Type: "ssh agent", ID: mount.ID}
		}
		return nil
	}
	m.op(userns.Op{Kind: userns.OpBind, Source: socket, Target: mount.Target, NoExec: true})
	m.command.Env = append(m.command.Env, "SSH_AUTH_SOCK="+mount.Target)
	m.work.tidy.Files = append(m.work.tidy.Files, mount.Target)
	return nil
}
