package cli

import (
	"context"
	"slices"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// followServices tells of services that fail, until ctx ends or the sandbox does.
func (a *app) followServices(ctx context.Context, e engine, id string, tell func(spec.Event)) {
	_ = e.FollowServices(ctx, id, tell) // that the sandbox ended is told by what ended with it
}

// alongServices tells in the story of services that fail, of all without names, until stop.
func (a *app) alongServices(ctx context.Context, e engine, id string, names []string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.followServices(ctx, e, id, func(e spec.Event) {
			if len(names) == 0 || slices.Contains(names, e.Name) {
				a.story.Event(e)
			}
		})
	}()
	return func() { cancel(); <-done }
}

// serviceAsides are failures of services as lines to be shown on the terminal of a command. Until
// stop nobody waits for them to be shown: what comes too fast is in sandbox status.
func (a *app) serviceAsides(ctx context.Context, e engine, id string) (lines <-chan string, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	asides := make(chan string, 8)
	go a.followServices(ctx, e, id, func(e spec.Event) {
		select {
		case asides <- a.story.Text(e):
		default:
		}
	})
	return asides, cancel
}
