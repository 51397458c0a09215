package cli

import (
	"context"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// featureEngine is what finds features.
type featureEngine interface {
	Features(context.Context, *config.Loaded, sandbox.Host, sandbox.FindOptions, func(spec.Event)) (*sandbox.Features, error)
}

// findFeatures finds those of a configuration; nil where there are none, which costs nothing.
func (a *app) findFeatures(l *config.Loaded, h sandbox.Host, r sandbox.Request) (*sandbox.Features, error) {
	if len(l.Config.Features) == 0 || r.ImageOnly {
		return nil, nil
	}
	engine, err := a.backend.features()
	if err != nil {
		return nil, err
	}
	ctx, stop := interruptible(context.Background())
	defer stop()
	features, err := engine.Features(ctx, l, h, r.Find, a.story.Event)
	if err != nil {
		return nil, because(ctx, err)
	}
	features.Ask(l)
	if features != nil && !r.Ephemeral && !r.Find.Offline {
		for _, note := range features.Notes {
			a.story.Note(note)
		}
	}
	return features, nil
}

// askForFeatures adds what features ask of the host to what a project's files ask.
func (a *app) askForFeatures(l *config.Loaded, offline bool) error {
	if len(l.Config.Features) == 0 {
		return nil
	}
	host, err := a.backend.readHost()
	if err != nil {
		return err
	}
	_, err = a.findFeatures(l, host, sandbox.Request{Find: sandbox.FindOptions{Offline: offline}})
	return err
}
