//go:build !core

package sandbox

import (
	"context"

	"github.com/rootless-sandbox/sandbox/sandbox/builder"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
)

// CanBuild is nil: this program can.
func CanBuild() error { return nil }

// makeBuild makes an image of a Dockerfile.
func (e *Engine) makeBuild(ctx context.Context, i spec.Image, ids userns.IDMap, emit func(spec.Event)) (store.Image, error) {
	b := builder.Builder{Store: e.store, Images: e.images, Sandbox: e.buildSandbox, Secrets: readSecrets, Proxies: proxies()}
	return b.Make(ctx, i, ofRoot(ids), oneAtATime(emit))
}

// buildSandbox is what a command of a Dockerfile runs in.
type buildSandbox struct {
	engine *Engine
	*prepared
}

func (e *Engine) buildSandbox(network string, ids userns.IDMap, emit func(spec.Event)) (_ builder.Sandbox, err error) {
	p := making(ids, network)
	p.build = true
	p.network, err = planNetwork(p.spec, emit)
	return buildSandbox{e, p}, err
}

// Files are those of any sandbox, but for the machine's id.
func (s buildSandbox) Files() (files []builder.File) {
	for _, op := range append(s.etcOps(), oneIDOps(s.spec)...) {
		if op.Target != "/etc/machine-id" {
			files = append(files, builder.File{Path: op.Target, Data: op.Data, Optional: op.Optional})
		}
	}
	return files
}

// Run runs the one command.
func (s buildSandbox) Run(ctx context.Context, c builder.Command, emit func(spec.Event)) (spec.Exit, error) {
	s.at = layout{staging: s.engine.store.Staging(), lower: c.Root.Lower, upper: c.Root.Upper, work: c.Root.Work}
	s.extra = c.Ops
	return s.engine.runIn(ctx, s.prepared, c.Command, Streams{Out: c.Output, Err: c.Output}, c.Begun, emit)
}
