package cli

import (
	"context"
	"errors"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// endGrace is how long a command may take to end itself before it is killed.
const endGrace = 3 * time.Second

// watchLoop runs the command of one rule, one run after the other.
type watchLoop struct {
	rule *watchRule
	once bool
	run  func(c spec.Command, end <-chan time.Duration) (spec.Exit, error)
	tell *watchTeller
	own  selfMade
}

// outcome is how a run ended.
type outcome struct {
	spec.Exit
	err     error
	elapsed time.Duration
	ended   bool // by us, because of a new change
}

// follow runs until ctx ends, or, with once, until the end of the first run.
func (l *watchLoop) follow(ctx context.Context) (outcome, error) {
	if l.rule.Initial {
		if r, err := l.turn(ctx, watch.Batch{}, true); err != nil {
			return r, err
		}
	}
	for {
		l.tell.waiting()
		select {
		case <-ctx.Done():
			return outcome{}, ctx.Err()
		case <-l.rule.inbox.arrived:
		}
		b, some := l.rule.inbox.take()
		if !some {
			continue
		}
		r, err := l.turn(ctx, b, false)
		if err != nil || l.once && !r.ended {
			return r, err
		}
	}
}

// turn is one run. Its error ends the watching; that a command fails does not.
func (l *watchLoop) turn(ctx context.Context, b watch.Batch, initial bool) (outcome, error) {
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	l.tell.started(l.rule, b, initial)
	begin := time.Now()
	end := make(chan time.Duration, 1)
	done := make(chan outcome, 1)
	go func() {
		x, err := l.run(l.rule.words(b), end)
		done <- outcome{Exit: x, err: err}
	}()
	r := l.attend(ctx, end, done)
	r.elapsed = time.Since(begin)
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if errors.Is(r.err, sandbox.ErrNotRunning) || errors.Is(r.err, sandbox.ErrNotFound) {
		return r, r.err
	}
	l.tell.ended(l.rule, b, r)
	if files := l.own.ended(b, begin, time.Now(), r.ended); files != "" {
		l.tell.note("rule " + l.rule.name + ": " + files + " changes each time that its command runs: if that is the command's work, it belongs into ignore")
	}
	return r, nil
}

// attend stays with a run to its end, and sees to what changes meanwhile.
func (l *watchLoop) attend(ctx context.Context, end chan<- time.Duration, done <-chan outcome) outcome {
	cancelled := ctx.Done()
	arrived := l.rule.inbox.arrived
	if l.rule.OnBusy == "queue" {
		arrived = nil // it waits
	}
	asked := false
	for {
		select {
		case r := <-done:
			r.ended = asked
			return r
		case <-arrived:
			if l.rule.OnBusy == "ignore" {
				l.rule.inbox.take()
				continue
			}
			arrived, asked = nil, true
			end <- endGrace
			l.rule.inbox.again()
		case <-cancelled:
			cancelled = nil
			if !asked {
				arrived, asked = nil, true
				end <- endGrace
			}
		}
	}
}

// again lets what is in the inbox arrive once more.
func (i *inbox) again() {
	select {
	case i.arrived <- struct{}{}:
	default:
	}
}
