package cli

import (
	"errors"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/feature"
)

// featureHints knows how features are found, ordered and installed.
func (a *app) featureHints(err error) []diagnosis {
	var host *sandbox.FeaturesError
	var privileged *sandbox.PrivilegedError
	var circle *feature.CircleError
	var order *feature.OrderError
	switch {
	case errors.As(err, &privileged):
		return one(diagnosis{Code: "SBX0323", Hints: []hint{
			{"security: {nested: true}", "in .sandbox.yaml: containers inside without root, as far as the feature can do with that"},
			{"sandbox explain SBX0323", ""},
		}})
	case errors.As(err, &host):
		return one(diagnosis{Code: "SBX0320", Hints: []hint{
			{"image: apt:trixie", "in .sandbox.yaml: a base of its own, that features can be installed on"},
		}})
	case errors.As(err, &circle), errors.As(err, &order):
		return one(diagnosis{Code: "SBX0322"})
	}
	if found := a.lockHints(err); found != nil {
		return found
	}
	return a.oneFeatureHints(err)
}

func (a *app) lockHints(err error) []diagnosis {
	var frozen *sandbox.FrozenError
	var lock *sandbox.LockError
	switch {
	case errors.As(err, &frozen):
		return one(diagnosis{Code: "SBX0324", Hints: []hint{{a.sibling("up"), "without --frozen: writes the lock, to be looked at and committed"}}})
	case errors.As(err, &lock):
		return one(diagnosis{Code: "SBX0324", Hints: []hint{{"rm " + quote(lock.File), "the next up writes it anew"}}})
	case errors.Is(err, sandbox.ErrFeatureDigest):
		return one(diagnosis{Code: "SBX0324"})
	}
	return nil
}

// oneFeatureHints is about one feature.
func (a *app) oneFeatureHints(err error) []diagnosis {
	var failed *sandbox.FeatureError
	var build *sandbox.BuildError
	var reference *feature.ReferenceError
	var option *feature.OptionError
	switch {
	case errors.As(err, &failed) && errors.As(err, &build):
		return one(diagnosis{Code: "SBX0321", Message: failed.Summary(), Detail: build.Last})
	case errors.As(err, &failed):
		if found := a.sourceHints(err); found != nil {
			return ofFeature(found)
		}
		return one(diagnosis{Code: "SBX0320"})
	case errors.As(err, &reference), errors.As(err, &option):
		return one(diagnosis{Code: "SBX0320", Hints: []hint{
			{`features: {"ghcr.io/devcontainers/features/git:1": {version: os-provided}}`, "the form: a name, and options that the feature knows"},
		}})
	}
	return nil
}

// ofFeature gives the advice for images another turn.
func ofFeature(found []diagnosis) []diagnosis {
	switch found[0].Code {
	case "SBX0308":
		found[0].Hints = []hint{{"registry: {mirrors: [{prefix: ghcr.io, with: [REGISTRY]}]}", "in ~/.config/sandbox/config.yaml: one that can be reached from here"}}
	case "SBX0309":
		found[0].Hints = []hint{{`features: {"ghcr.io/devcontainers/features/git:1": {}}`, "the form: registry, namespace, id, version"}}
	}
	return found
}
