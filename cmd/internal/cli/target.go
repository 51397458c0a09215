package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// chosen are the sandboxes that a verb works on: those named, all of the
// user's, or the project's one. asked is false when the user named none, so
// that a missing one is no error to verbs that want it missing.
func (a *app) chosen(ctx context.Context, e engine, words []string, all bool) (found []spec.Info, asked bool, err error) {
	switch {
	case all && len(words) > 0:
		return nil, true, usagef("--all and names exclude each other")
	case all:
		found, err = e.List(ctx)
		return found, false, err
	case len(words) > 0:
		found, err = named(ctx, e, words)
		return found, true, err
	}
	id, p, err := a.sandboxID()
	if err != nil {
		return nil, false, err
	}
	info, err := e.Inspect(ctx, id)
	if err != nil || info.Name == "" { // the verb will find out what is wrong
		info = spec.Info{ID: id, Name: "of " + p.Dir, Project: p.Dir}
	}
	return []spec.Info{info}, false, nil
}

// named finds sandboxes by name or id.
func named(ctx context.Context, e engine, words []string) ([]spec.Info, error) {
	list, err := e.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []spec.Info
	for _, word := range words {
		info, ok := match(list, word)
		if !ok {
			return nil, fmt.Errorf("%s: %w", word, sandbox.ErrNotFound)
		}
		found = append(found, info)
	}
	return found, nil
}

func match(list []spec.Info, word string) (spec.Info, bool) {
	for _, info := range list {
		if info.Name == word || info.ID == word {
			return info, true
		}
	}
	return spec.Info{}, false
}

// short is a path as the user would type it from here. The result is fit for a
// terminal.
func (a *app) short(path string) string {
	cwd, err := a.cwd()
	if err == nil && cwd != "/" {
		if rel, ok := strings.CutPrefix(path, cwd+"/"); ok {
			return ui.Clean(rel)
		}
	}
	if home := a.world.getenv("HOME"); home != "" && home != "/" {
		if rel, ok := strings.CutPrefix(path, home+"/"); ok {
			return ui.Clean("~/" + rel)
		}
	}
	return ui.Clean(path)
}
