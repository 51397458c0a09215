package builder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/builder/inputs"
	"github.com/rootless-sandbox/sandbox/sandbox/builder/remote"
	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// build is one build of a Dockerfile.
type build struct {
	Builder
	image spec.Image
	spec  spec.Build
	ids   userns.IDMap
	emit  func(spec.Event)
	salt  string // part of all keys: changes when everything is to be made anew

	name, text string // of the Dockerfile
	plan       *dockerfile.Plan
	stages     map[int]*stage
	record     *inputs.Recorder
	remote     *remote.Sources
	ignore     []string
	working    chan struct{} // as many steps at once as fit in

	mu      sync.Mutex
	steps   int // numbers given
	bases   map[string]*baseImage
	digests map[string]string // of files, by what was asked for
	noted   map[string]bool
}

// Make makes an image of a Dockerfile. Two that ask at once make each layer once. Where ids
// are a single one it is root's. emit is called by several goroutines at once. What it
// answers is a failure.StepError or a failure.DockerfileError, or that of ctx.
func (m Builder) Make(ctx context.Context, i spec.Image, ids userns.IDMap, emit func(spec.Event)) (store.Image, error) {
	b := &build{
		Builder: m, image: i, spec: *i.Build, ids: ids, emit: emit, record: inputs.NewRecorder(),
		remote: &remote.Sources{Store: m.Store, Local: i.Build.HostNetwork, Proxies: m.Proxies},
		stages: map[int]*stage{}, bases: map[string]*baseImage{}, digests: map[string]string{}, noted: map[string]bool{},
		working: make(chan struct{}, max(2, runtime.NumCPU())),
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

func (b *build) make(ctx context.Context) (store.Image, error) {
	generation, err := b.Store.Generation(b.image.Name, b.spec.NoCache)
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
	return have, b.record.Write(b.Store, b.image.Name, have.Digest)
}

// fetchBases has all images that are named made present, side by side.
func (b *build) fetchBases(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range b.plan.Stages {
		if s.Base.Kind == dockerfile.SourceImage || s.Base.Kind == dockerfile.SourceNamed {
			group.Go(func() error { return b.stages[s.Index].fetch(ctx) })
		}
	}
	return group.Wait()
}

// step gives a step its number.
func (b *build) step() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps++
	return b.steps
}

// note says something once.
func (b *build) note(name, text string) {
	b.mu.Lock()
	said := b.noted[name+text]
	b.noted[name+text] = true
	b.mu.Unlock()
	if !said {
		b.emit(spec.Event{Kind: "note", Name: name, Detail: text})
	}
}

func (b *build) release() {
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
func (b *build) explained(err error) error {
	var step *failure.StepError
	if errors.As(err, &step) || errors.Is(err, context.Canceled) {
		return err
	}
	out := &failure.DockerfileError{File: b.name, Err: err}
	var at *dockerfile.Error
	if errors.As(err, &at) && at.Line > 0 {
		out.Line = at.Line
		out.Source, out.First = failure.Excerpt(b.text, at.Line, at.End)
	}
	return out
}

// digestOf names a content that a build depends on.
func digestOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "sha256:" + hex.EncodeToString(sum[:])
}
