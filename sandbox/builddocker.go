//go:build !core

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
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/image/pick"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// CanBuild is nil: this program can.
func CanBuild() error { return nil }

// dockerBuild is one build of a Dockerfile.
type dockerBuild struct {
	engine *Engine
	image  spec.Image
	spec   spec.Build
	ids    userns.IDMap
	mode   spec.IDMode
	emit   func(spec.Event)
	salt   string // part of all keys: changes when everything is to be made anew

	name, text string // of the Dockerfile
	plan       *dockerfile.Plan
	stages     map[int]*stageBuild
	record     *recorder
	ignore     []string
	working    chan struct{} // as many steps at once as fit in

	mu      sync.Mutex
	steps   int // numbers given
	bases   map[string]*baseImage
	digests map[string]string // of files, by what was asked for
	noted   map[string]bool
}

// makeBuild makes an image of a Dockerfile. Two that ask at once make each layer once.
func (e *Engine) makeBuild(ctx context.Context, i spec.Image, ids userns.IDMap, emit func(spec.Event)) (store.Image, error) {
	b := &dockerBuild{
		engine: e, image: i, spec: *i.Build, ids: ids, mode: spec.IDsRange, emit: oneAtATime(emit), record: newRecorder(),
		stages: map[int]*stageBuild{}, bases: map[string]*baseImage{}, digests: map[string]string{}, noted: map[string]bool{},
		working: make(chan struct{}, max(2, runtime.NumCPU())),
	}
	if ids.Single() {
		b.mode = spec.IDsSingle
		b.ids = caller(b.mode).Map(0, 0) // the one id is root's here; on disk there is no difference
	}
	defer b.release()
	have, err := b.make(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return store.Image{}, b.explained(err)
	}
	return have, nil
}

func (b *dockerBuild) make(ctx context.Context) (store.Image, error) {
	generation, err := b.engine.store.Generation(b.image.Name, b.spec.NoCache)
	if err != nil {
		return store.Image{}, err
	}
	if generation > 0 {
		b.salt = fmt.Sprintf("%s:%d", b.image.Name, generation)
	}
	if err := b.readAll(); err != nil {
		return store.Image{}, err
	}
	if err := b.fetchBases(ctx); err != nil {
		return store.Image{}, err
	}
	for _, s := range b.plan.Stages {
		if err := b.stages[s.Index].resolve(ctx); err != nil {
			return store.Image{}, err
		}
	}
	target := b.stages[b.plan.Target.Index]
	if err := target.materialize(ctx); err != nil {
		return store.Image{}, err
	}
	have, err := target.finished()
	if err != nil {
		return have, err
	}
	return have, b.writeRecord(have.Digest)
}

// readAll reads the Dockerfile and what says which files are not there.
func (b *dockerBuild) readAll() error {
	b.name, b.text = filepath.Base(b.spec.Dockerfile), b.spec.Text
	if b.spec.Dockerfile != "" {
		text, err := b.read(b.spec.Dockerfile)
		if err != nil {
			return err
		}
		b.text = string(text)
	} else {
		b.name = "Dockerfile"
	}
	f, err := dockerfile.Parse(b.name, []byte(b.text))
	if err != nil {
		return err
	}
	if f.Syntax != "" {
		b.note("syntax", "# syntax="+f.Syntax+" is not fetched: the Dockerfile is read by the parser of this program")
	}
	names := make([]string, 0, len(b.spec.Contexts))
	for name := range b.spec.Contexts {
		names = append(names, name)
	}
	b.plan, err = f.Plan(dockerfile.Options{Target: b.spec.Target, Args: b.spec.Args, Arch: runtime.GOARCH, Contexts: names})
	if err != nil {
		return err
	}
	for _, key := range b.plan.Unused {
		b.note("args", key+": no ARG of the Dockerfile asks for it")
	}
	for _, s := range b.plan.Stages {
		b.stages[s.Index] = &stageBuild{build: b, plan: s}
	}
	return b.readIgnore()
}

// read reads a file that says what to build, and no link.
func (b *dockerBuild) read(path string) ([]byte, error) {
	b.record.file(path, stampOf(path))
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		err = &os.PathError{Op: "open", Path: path, Err: errors.New("a symbolic link that leads out of the project, or was put there just now")}
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "read", Path: path, Err: errors.New("not a file")}
	}
	if err != nil {
		return nil, err
	}
	text := make([]byte, dockerfile.MaxSize+1)
	n := 0
	for n < len(text) {
		m, err := f.Read(text[n:])
		n += m
		if err != nil || m == 0 {
			break
		}
	}
	return text[:n], nil
}

// readIgnore reads the Dockerfile's own list, or else the context's.
func (b *dockerBuild) readIgnore() error {
	var names []string
	if b.spec.Dockerfile != "" {
		names = append(names, b.spec.Dockerfile+".dockerignore")
	}
	if b.spec.Context != "" {
		names = append(names, filepath.Join(b.spec.Context, ".dockerignore"))
	}
	for _, name := range names {
		text, err := b.read(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			b.ignore, err = pick.ReadIgnore(text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		return nil
	}
	return nil
}

// fetchBases has all images that are named made present, side by side.
func (b *dockerBuild) fetchBases(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range b.plan.Stages {
		if s.Base.Kind == dockerfile.SourceImage || s.Base.Kind == dockerfile.SourceNamed {
			group.Go(func() error { return b.stages[s.Index].fetch(ctx) })
		}
	}
	return group.Wait()
}

// step gives a step its number.
func (b *dockerBuild) step() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps++
	return b.steps
}

// note says something once.
func (b *dockerBuild) note(name, text string) {
	b.mu.Lock()
	said := b.noted[name+text]
	b.noted[name+text] = true
	b.mu.Unlock()
	if !said {
		b.emit(spec.Event{Kind: "note", Name: name, Detail: text})
	}
}

func (b *dockerBuild) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.bases {
		if i.base != nil {
			i.base.Release()
		}
	}
	for _, s := range b.stages {
		s.layers.Release()
	}
}

// explained puts the lines of the Dockerfile to a mistake in it.
func (b *dockerBuild) explained(err error) error {
	var step *StepError
	if errors.As(err, &step) || errors.Is(err, context.Canceled) {
		return err
	}
	out := &DockerfileError{File: b.name, Err: err}
	var at *dockerfile.Error
	if errors.As(err, &at) && at.Line > 0 {
		out.Line = at.Line
		out.Source, out.First = excerpt(b.text, at.Line, at.End)
	}
	return out
}

// digest names a content that a build depends on.
func digestOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// writeRecord keeps what was looked at, if it is certain that a look is enough the next time.
func (b *dockerBuild) writeRecord(digest string) error {
	b.record.mu.Lock()
	defer b.record.mu.Unlock()
	r := b.record.record
	r.Digest = digest
	if b.record.over {
		r.Digest = ""
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return b.engine.store.WriteInputs(b.image.Name, text)
}
