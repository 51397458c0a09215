package cli

import (
	"context"
	"errors"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// featureEngine is what finds features.
type featureEngine interface {
	Features(context.Context, *config.Loaded, sandbox.Host, sandbox.FindOptions, func(spec.Event)) (*sandbox.Features, error)
}

// findFeatures finds those of a configuration; nil where there are none, which costs
// nothing. What needs the user's word before anything can be found is asked for.
func (a *app) findFeatures(p config.Project, l *config.Loaded, h sandbox.Host, r sandbox.Request) (*sandbox.Features, error) {
	if len(l.Config.Features) == 0 || r.ImageOnly {
		return nil, nil
	}
	r.Find.Trust = r.Trust && !r.Find.Offline
	found, err := a.features(l, h, r.Find)
	var untrusted *sandbox.UntrustedError
	if errors.As(err, &untrusted) && a.mayAsk() {
		if _, err := a.consent(p, l, nil); err != nil {
			return nil, err
		}
		found, err = a.features(l, h, r.Find)
	}
	if err != nil {
		return nil, err
	}
	if found != nil && !r.Ephemeral && !r.Find.Offline {
		for _, note := range found.Notes {
			a.story.Note(note)
		}
	}
	return found, nil
}

// features adds what the features ask of the host to what the configuration asks.
func (a *app) features(l *config.Loaded, h sandbox.Host, o sandbox.FindOptions) (*sandbox.Features, error) {
	engine, err := a.backend.features()
	if err != nil {
		return nil, err
	}
	ctx, stop := interruptible(context.Background())
	defer stop()
	found, err := engine.Features(ctx, l, h, o, a.story.Event)
	if err != nil {
		return nil, because(ctx, err)
	}
	found.Ask(l)
	return found, nil
}

// askForFeatures does the same for the verb trust, as far as features can be found without it.
func (a *app) askForFeatures(l *config.Loaded, offline bool) error {
	if len(l.Config.Features) == 0 {
		return nil
	}
	host, err := a.backend.readHost()
	if err != nil {
		return err
	}
	_, err = a.features(l, host, sandbox.FindOptions{Offline: offline})
	var untrusted *sandbox.UntrustedError
	if errors.As(err, &untrusted) || offline && errors.Is(err, sandbox.ErrOffline) {
		return nil
	}
	return err
}
