package feature

import (
	"context"
	"fmt"
)

// Node is a feature that is to be installed.
type Node struct {
	Reference
	Metadata Metadata
	Options  map[string]string // as they were given
	// Digest says what the feature is: that of the manifest, of the archive, or of the folder's content.
	Digest string

	needs []int // by dependsOn: indices of the same list
}

// Got is what a feature was found to be.
type Got struct {
	Metadata Metadata
	Digest   string
}

// maxNodes bounds what features can drag in.
const maxNodes = 200

// Graph finds all features that are needed: those that are asked for, and what they
// depend on. get is called once for each reference. Two features that are equal (the same
// content with the same options) are one.
func Graph(ctx context.Context, asked []Asked, get func(context.Context, Reference) (Got, error)) ([]Node, error) {
	g := grapher{get: get, got: map[string]Got{}}
	for _, a := range asked {
		if _, err := g.add(ctx, a); err != nil {
			return nil, err
		}
	}
	for i := 0; i < len(g.nodes); i++ { // it grows meanwhile
		for _, a := range g.nodes[i].Metadata.DependsOn {
			at, err := g.add(ctx, a)
			if err != nil {
				return nil, fmt.Errorf("feature %s needs it: %w", printable(g.nodes[i].Written), err)
			}
			g.nodes[i].needs = append(g.nodes[i].needs, at)
		}
	}
	return g.nodes, nil
}

type grapher struct {
	get   func(context.Context, Reference) (Got, error)
	got   map[string]Got
	nodes []Node
}

func (g *grapher) add(ctx context.Context, a Asked) (int, error) {
	r, err := ParseReference(a.ID)
	if err != nil {
		return 0, err
	}
	key := r.Pinned("")
	got, ok := g.got[key]
	if !ok {
		if got, err = g.get(ctx, r); err != nil {
			return 0, err
		}
		g.got[key] = got
	}
	n := Node{Reference: r, Metadata: got.Metadata, Digest: got.Digest, Options: a.Options}
	for i, have := range g.nodes {
		if equal(have, n) {
			return i, nil
		}
	}
	if len(g.nodes) >= maxNodes {
		return 0, fmt.Errorf("features: more than %d are needed", maxNodes)
	}
	g.nodes = append(g.nodes, n)
	return len(g.nodes) - 1, nil
}
