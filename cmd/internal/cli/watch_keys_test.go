package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

func TestWatchKeys(t *testing.T) {
	broken := usagef("line 3 is wrong")
	for name, c := range map[string]struct {
		typed string
		check error
		asked bool
		ended bool
		err   error
		told  string
	}{
		"enter":              {typed: "", asked: true},
		"take":               {typed: "u", ended: true, err: errTakeChange},
		"take what is wrong": {typed: "u", check: broken, told: "line 3 is wrong"},
		"quit":               {typed: "q", ended: true},
		"anything":           {typed: "help", told: "u and Enter takes"},
	} {
		t.Run(name, func(t *testing.T) {
			out, read := collected(t)
			tell := &watchTeller{a: newApp(ui.Streams{Out: out, Err: out}, world{getenv: func(string) string { return "" }}, backend{}), keys: true}
			rule := &watchRule{name: "r", inbox: newInbox()}
			ended := false
			var with error
			tell.key(c.typed, []*watchRule{rule}, func() error { return c.check }, func(err error) { ended, with = true, err })
			b, asked := rule.inbox.take()
			if asked != c.asked || ended != c.ended || !errors.Is(with, c.err) {
				t.Errorf("asked %v, ended %v with %v", asked, ended, with)
			}
			if asked && (b.All || len(b.Changes) > 0 || trigger(b, b.First.IsZero()) != "asked for") {
				t.Errorf("asked for %+v", b)
			}
			if got := read(); !strings.Contains(got, c.told) || c.told == "" && got != "" {
				t.Errorf("told %q", got)
			}
		})
	}
}

// What is asked for comes with what changes meanwhile.
func TestWatchAskedAndChanged(t *testing.T) {
	l := startLoop(t, "queue", false, false)
	l.rule.inbox.ask()
	first := l.run()
	l.rule.inbox.ask()
	l.change("a")
	first.exits(0)
	l.run("a").exits(0)
	l.told(2)
	l.end(context.Canceled)
}

// The end of input passes, as in a terminal after Ctrl-D; closing it ends the reading.
func TestWatchReadsLines(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	lines, done := make(chan string, 10), make(chan struct{})
	reading, err := reopened(tty.Name())
	if err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	go func() { defer close(done); readLines(reading, func(line string) { lines <- line }) }()
	if _, err := master.WriteString("\nu\n\x04q \n"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for range 3 {
		select {
		case line := <-lines:
			got = append(got, line)
		case <-time.After(20 * time.Second):
			t.Fatalf("only %q", got)
		}
	}
	if !slices.Equal(got, []string{"", "u", "q"}) {
		t.Errorf("got %q", got)
	}
	_ = reading.Close()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("it reads on")
	}
}

func TestWatchWaits(t *testing.T) {
	at := time.Date(2026, 1, 31, 12, 30, 0, 0, time.Local)
	for want, tell := range map[string]*watchTeller{
		"waiting for changes, Ctrl-C ends":                                            {},
		"waiting since 12:30:00; Enter runs again, Ctrl-C ends":                       {keys: true, last: []ranLast{{"unit", "ok", at}}},
		"lint failed, unit ok; waiting since 12:30:00, Ctrl-C ends":                   {last: []ranLast{{"lint", "failed", at}, {"unit", "ok", at}}},
		"lint failed, unit ok; waiting since 12:30:00; Enter runs again, Ctrl-C ends": {keys: true, last: []ranLast{{"lint", "failed", at}, {"unit", "ok", at}}},
	} {
		if got := tell.wordsOfWaiting(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWatchTrigger(t *testing.T) {
	changes := []watch.Change{{Path: "a"}, {Path: "b"}, {Path: "c"}}
	for want, b := range map[string]watch.Batch{
		"asked for": {}, "a": {Changes: changes[:1]}, "a and b": {Changes: changes[:2]}, "a and 2 more": {Changes: changes}, "many changes": {All: true},
	} {
		if got := trigger(b, false); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := trigger(watch.Batch{}, true); got != "the beginning" {
		t.Errorf("got %q", got)
	}
}
