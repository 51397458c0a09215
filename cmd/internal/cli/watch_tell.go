package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// watchTeller says what happens: to people on standard error, to programs on standard output.
type watchTeller struct {
	a      *app
	json   bool
	screen bool // standard output is a terminal
	mu     sync.Mutex
	keys   bool              // somebody can type
	names  map[string]string // of rules, as they stand before their lines on a terminal
	failed map[string]bool   // rules whose last run failed
	last   []ranLast         // by rule, the latest at the end
	busy   int               // runs that go on
}

// ranLast is how the last run of a rule went.
type ranLast struct {
	rule, state string
	at          time.Time
}

// watchEvent is one line of --json.
type watchEvent struct {
	Event   string         `json:"event"` // ready | started | output | ended | service | note
	Rule    string         `json:"rule,omitempty"`
	Changed []watch.Change `json:"changed,omitempty"`
	All     bool           `json:"all,omitempty"` // anything may have changed
	Text    string         `json:"text,omitempty"`
	State   string         `json:"state,omitempty"` // of ended: ok | failed | restarted
	Code    int            `json:"code,omitempty"`
	Signal  int            `json:"signal,omitempty"`
	Millis  int64          `json:"ms,omitempty"`
	Rules   []string       `json:"rules,omitempty"`
	Dirs    int            `json:"directories,omitempty"`
	Service string         `json:"service,omitempty"`
	Tail    []string       `json:"tail,omitempty"` // of service: the last lines of its output
}

func (t *watchTeller) emit(e watchEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = json.NewEncoder(t.a.Out).Encode(e) // a reader that is gone wants none
}

// ready: from now on changes are seen.
func (t *watchTeller) ready(rules []*watchRule, dirs int) {
	var names []string
	width := 0
	for _, r := range rules {
		names = append(names, r.name)
		width = max(width, len(r.name))
	}
	on := ui.Paint(ui.ColorAllowed(t.a.Out, t.a.flags.noColor, t.a.world.getenv))
	t.names = map[string]string{}
	for i, name := range names {
		t.names[name] = on.Nth(i, fmt.Sprintf("%-*s", width, name))
	}
	if t.json {
		t.emit(watchEvent{Event: "ready", Rules: names, Dirs: dirs})
		return
	}
	if t.a.story.Verbose {
		t.a.story.Event(spec.Event{Kind: "watch", State: "ok", Detail: plural(dirs, "directory", "directories") + " watched"})
	}
}

// waiting is the last line of a terminal while nothing runs: how all rules are, and what can be done.
func (t *watchTeller) waiting() {
	t.mu.Lock()
	busy, words := t.busy, t.wordsOfWaiting()
	t.mu.Unlock()
	if !t.json && busy == 0 && t.a.story.Moving {
		t.a.story.Event(spec.Event{Kind: "watch", Name: words, State: "start"})
	}
}

// wordsOfWaiting fit into a line. How the run of a single rule went stands above it.
func (t *watchTeller) wordsOfWaiting() string {
	words := "waiting for changes"
	if n := len(t.last); n > 0 {
		words = "waiting since " + t.last[n-1].at.Format(time.TimeOnly)
	}
	if len(t.last) > 1 {
		var each []string
		for _, l := range t.last {
			each = append(each, l.rule+" "+l.state)
		}
		words = strings.Join(each, ", ") + "; " + words
	}
	if t.keys {
		words += "; Enter runs again"
	}
	return words + ", Ctrl-C ends"
}

func (t *watchTeller) started(r *watchRule, b watch.Batch, initial bool) {
	t.mu.Lock()
	t.busy++
	t.mu.Unlock()
	if t.json {
		t.emit(watchEvent{Event: "started", Rule: r.name, Changed: b.Changes, All: b.All})
		return
	}
	t.a.story.Aside(func() {
		if t.screen && r.Clear {
			_, _ = t.a.Out.WriteString("\x1b[H\x1b[2J\x1b[3J")
		}
	})
	if t.a.story.Verbose || t.a.story.Moving { // on a terminal the first output takes its place
		t.a.story.Event(spec.Event{Kind: "watch", Name: r.name, State: "start", Detail: trigger(b, initial)})
	}
}

func (t *watchTeller) ended(r *watchRule, b watch.Batch, how outcome) {
	state := "ok"
	switch {
	case how.ended:
		state = "restarted"
	case how.err != nil || how.Code != 0:
		state = "failed"
	}
	t.mu.Lock()
	t.busy--
	failedBefore := t.failed[r.name]
	if state != "restarted" {
		t.failed[r.name] = state == "failed"
		t.last = append(slices.DeleteFunc(t.last, func(l ranLast) bool { return l.rule == r.name }), ranLast{r.name, state, time.Now()})
	}
	t.mu.Unlock()
	text := ""
	if how.err != nil && !how.ended {
		text = how.err.Error()
	}
	if t.json {
		t.emit(watchEvent{Event: "ended", Rule: r.name, State: state, Code: how.Code, Signal: how.Signal, Millis: how.elapsed.Milliseconds(), Text: text})
		return
	}
	t.say(r, b, how, state)
	if r.Notify && t.screen && (state == "failed" || state == "ok" && failedBefore) {
		t.a.story.Aside(func() { _, _ = fmt.Fprintf(t.a.Out, "\x1b]9;%s: %s\x07\a", ui.Clean(r.name), state) })
	}
}

// say is the line under the output of a run: how it went, how long it took, what it was for.
func (t *watchTeller) say(r *watchRule, b watch.Batch, how outcome, state string) {
	e := spec.Event{Kind: "watch", Name: r.name, State: "ok", Elapsed: max(how.elapsed, time.Nanosecond), Detail: trigger(b, b.First.IsZero())}
	switch {
	case state == "restarted":
		e.Detail, e.Elapsed = "ended for a new change", 0
	case how.err != nil:
		e.State, e.Detail = "failed", how.err.Error()
	case how.Signal != 0:
		e.State, e.Detail = "failed", fmt.Sprintf("signal %d (%s)", how.Signal, e.Detail)
	case how.Code != 0:
		e.State, e.Detail = "failed", fmt.Sprintf("exit status %d (%s)", how.Code, e.Detail)
	}
	if t.a.story.Quiet {
		return // the command has said it
	}
	t.a.story.Event(e)
}

// trigger names what a run was for.
func trigger(b watch.Batch, initial bool) string {
	switch n := len(b.Changes); {
	case initial:
		return "the beginning"
	case b.All:
		return "many changes"
	case n == 0:
		return "asked for"
	case n == 1:
		return b.Changes[0].Path
	case n == 2:
		return b.Changes[0].Path + " and " + b.Changes[1].Path
	default:
		return fmt.Sprintf("%s and %d more", b.Changes[0].Path, n-1)
	}
}

// service tells of a service that failed.
func (t *watchTeller) service(e spec.Event) {
	if t.json {
		t.emit(watchEvent{Event: "service", Service: e.Name, State: e.State, Text: e.Detail, Tail: e.Tail})
		return
	}
	t.a.story.Event(e)
	t.waiting()
}

// note tells of the watching itself.
func (t *watchTeller) note(text string) {
	if t.json {
		t.emit(watchEvent{Event: "note", Text: text})
		return
	}
	t.a.story.Note(text)
}
