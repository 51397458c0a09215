package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/rootless-sandbox/sandbox/sandbox/rootfs"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// making prepares a sandbox in which a root file system is made, by root.
func making(ids userns.IDMap, network string) *prepared {
	mode := spec.IDsRange
	if ids.Single() {
		mode = spec.IDsSingle
	}
	return &prepared{ids: ofRoot(ids), spec: spec.Spec{
		Version: spec.Version, ID: "build", Name: "build", Hostname: "build", Ephemeral: true, IDs: mode,
		Image:   spec.Image{Kind: spec.ImageDir, Ref: "build"},
		User:    spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"},
		Network: network,
	}}
}

// ofRoot is a mapping in which root is there: the one id, where there is one alone. On
// disk that is no difference.
func ofRoot(ids userns.IDMap) userns.IDMap {
	if ids.Single() {
		return caller(spec.IDsSingle).Map(0, 0)
	}
	return ids
}

// runIn runs one command in the root file system that is being made. begun is called when
// the sandbox is there, or is not to be had.
func (e *Engine) runIn(ctx context.Context, p *prepared, c spec.Command, io Streams, begun func(), emit func(spec.Event)) (x spec.Exit, err error) {
	req, err := newRequest(c, io)
	if err != nil {
		begun()
		return x, err
	}
	defer req.close()
	defer keepThread()()
	begin := func(d rootfs.Driver) (*running, error) { return p.startNet(d, req, nil, nil) }
	var r *running
	if p.at.whole != "" {
		r, err = begin(rootfs.Copy)
	} else {
		r, err = e.startAny(p, func() error { return errors.New("a build needs an overlay") }, begin, emit)
	}
	begun()
	if err != nil {
		return x, err
	}
	x, err = req.stay(ctx, r.control, emit)
	_ = r.control.Close()
	r.network.end()
	if err != nil {
		r.process.Kill()
	}
	_, werr := r.process.Wait()
	return x, errors.Join(err, werr)
}

// launchBuild completes the launch of a command of a Dockerfile: it finds the
// root file system as the image will have it, with /tmp and /run, and with nothing of
// ours written into it.
func (p *prepared) launchBuild(l userns.Launch) (_ userns.Launch, err error) {
	l.User = nil
	l.Ops = append(buildStandard(), p.extra...)
	l.Payload, err = json.Marshal(p.agentConfig())
	return l, err
}

// buildStandard is userns.Standard without what is in memory.
func buildStandard() []userns.Op {
	return slices.DeleteFunc(userns.Standard(), func(op userns.Op) bool {
		return op.Kind == userns.OpTmpfs || op.Kind == userns.OpMkdir
	})
}
