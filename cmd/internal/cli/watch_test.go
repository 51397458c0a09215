package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/cmd/internal/ui"
	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// loopTest drives a rule whose command the test itself plays.
type loopTest struct {
	*testing.T
	rule   *watchRule
	runs   chan played
	ended  chan error
	cancel context.CancelFunc
	out    func() string
}

// played is one run of the command.
type played struct {
	changed string
	end     <-chan time.Duration
	answer  chan outcome
}

func (p played) exits(code int) { p.answer <- outcome{Exit: spec.Exit{Code: code}} }

func startLoop(t *testing.T, onBusy string, initial, once bool) *loopTest {
	t.Helper()
	r := config.NewWatchRule()
	r.Run.Exec, r.OnBusy, r.Initial = []string{"test"}, onBusy, initial
	out, read := collected(t)
	a := newApp(ui.Streams{Out: out, Err: out}, world{}, backend{})
	l := &loopTest{T: t, runs: make(chan played), ended: make(chan error, 1), out: read}
	l.rule = &watchRule{name: "r", WatchRule: r, inbox: newInbox()}
	loop := &watchLoop{rule: l.rule, once: once, tell: &watchTeller{a: a, json: true, failed: map[string]bool{}}}
	loop.run = func(c spec.Command, end <-chan time.Duration) (spec.Exit, error) {
		p := played{c.Env[len(c.Env)-1], end, make(chan outcome)}
		l.runs <- p
		o := <-p.answer
		return o.Exit, o.err
	}
	var ctx context.Context
	ctx, l.cancel = context.WithCancel(t.Context())
	go func() { l.ended <- loop.toEnd(ctx) }()
	return l
}

// collected gives a file to write to, and what is in it.
func collected(t *testing.T) (*os.File, func() string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, func() string {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func (l *loopTest) change(files ...string) {
	b := watch.Batch{First: time.Now()}
	for _, f := range files {
		b.Changes = append(b.Changes, watch.Change{Path: f, Kind: watch.Written})
	}
	l.rule.inbox.put(b)
}

// run waits for the next run, which has to be for these files.
func (l *loopTest) run(files ...string) played {
	l.Helper()
	select {
	case p := <-l.runs:
		if want := "SANDBOX_CHANGED=" + strings.Join(files, "\n"); p.changed != want {
			l.Fatalf("ran for %q, want %q", p.changed, want)
		}
		return p
	case <-time.After(30 * time.Second):
		l.Fatal("it does not run")
	}
	return played{}
}

// told waits until so many runs have ended.
func (l *loopTest) told(n int) {
	l.Helper()
	for end := time.Now().Add(30 * time.Second); strings.Count(l.out(), `"ended"`) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			l.Fatalf("%d runs are not told in\n%s", n, l.out())
		}
	}
}

// end waits for the end, and brings it about where nothing else does.
func (l *loopTest) end(want error) {
	l.Helper()
	if want == context.Canceled {
		l.cancel()
	}
	select {
	case p := <-l.runs:
		l.Errorf("it runs for %q", p.changed)
	case err := <-l.ended:
		if !errors.Is(err, want) {
			l.Errorf("ended with %v, want %v", err, want)
		}
	case <-time.After(30 * time.Second):
		l.Error("it does not end")
	}
}

func TestWatchRestarts(t *testing.T) {
	l := startLoop(t, "restart", true, false)
	first := l.run()
	l.change("a")
	if grace := <-first.end; grace != endGrace {
		t.Errorf("a grace of %v", grace)
	}
	l.change("b", "a") // while it ends
	first.exits(143)
	l.run("b", "a").exits(1)
	l.told(2)
	l.change("c")
	l.run("c").exits(0)
	l.told(3)
	l.end(context.Canceled)
	for _, want := range []string{`"state":"restarted"`, `"state":"failed","code":1`, `"state":"ok"`} {
		if !strings.Contains(l.out(), want) {
			t.Errorf("no %s in\n%s", want, l.out())
		}
	}
}

func TestWatchQueues(t *testing.T) {
	l := startLoop(t, "queue", false, false)
	l.change("a")
	first := l.run("a")
	l.change("b")
	l.change("c")
	select {
	case <-first.end:
		t.Error("it was to end")
	case <-time.After(20 * time.Millisecond):
	}
	first.exits(0)
	l.run("b", "c").exits(0)
	l.end(context.Canceled)
}

func TestWatchIgnores(t *testing.T) {
	l := startLoop(t, "ignore", false, false)
	l.change("a")
	first := l.run("a")
	l.change("b")
	for full := true; full; time.Sleep(time.Millisecond) { // until it was thrown away
		l.rule.inbox.mu.Lock()
		full = l.rule.inbox.full
		l.rule.inbox.mu.Unlock()
	}
	first.exits(0)
	l.told(1)
	l.change("c")
	l.run("c").exits(0)
	l.end(context.Canceled)
}

func TestWatchEnds(t *testing.T) {
	t.Run("the run with it", func(t *testing.T) {
		l := startLoop(t, "queue", true, false)
		first := l.run()
		l.cancel()
		<-first.end
		first.exits(143)
		l.end(context.Canceled)
	})
	t.Run("once", func(t *testing.T) {
		l := startLoop(t, "restart", false, true)
		l.change("a")
		first := l.run("a")
		l.change("b")
		<-first.end
		first.exits(143)
		l.run("b").exits(7)
		l.end(exitCode(7))
	})
	t.Run("with the sandbox", func(t *testing.T) {
		l := startLoop(t, "restart", true, false)
		l.run().answer <- outcome{err: sandbox.ErrNotRunning}
		l.end(sandbox.ErrNotRunning)
	})
	t.Run("not with a command that is not there", func(t *testing.T) {
		l := startLoop(t, "restart", true, false)
		l.run().answer <- outcome{err: errors.New("no such program")}
		l.told(1)
		l.change("a")
		l.run("a").exits(0)
		l.end(context.Canceled)
	})
}

// A command that changes what it waits for is told, once.
func TestWatchFindsALoop(t *testing.T) {
	l := startLoop(t, "queue", false, false)
	l.change("out.txt")
	for range 10 {
		p := l.run("out.txt")
		l.change("out.txt")
		p.exits(0)
	}
	l.run("out.txt").exits(0)
	l.told(11)
	l.end(context.Canceled)
	if n := strings.Count(l.out(), "out.txt changes each time"); n != 1 {
		t.Errorf("told %d times in\n%s", n, l.out())
	}
}

func TestWatchChanged(t *testing.T) {
	batch := func(paths ...string) watch.Batch {
		var b watch.Batch
		for _, p := range paths {
			b.Changes = append(b.Changes, watch.Change{Path: p})
		}
		return b
	}
	many := make([]string, 10_000)
	for i := range many {
		many[i] = "some/directory/file"
	}
	for name, c := range map[string]struct {
		place string
		batch watch.Batch
		want  []string
	}{
		"none":                {"", batch(), nil},
		"in the project":      {"", batch("a", "b/c"), []string{"a", "b/c"}},
		"below":               {"b", batch("a", "b/c"), []string{"../a", "c"}},
		"elsewhere":           {"/tmp", batch("a"), []string{"/in/a"}},
		"like an option":      {"", batch("-rf", "b/-x"), []string{"./-rf", "b/-x"}},
		"a line break":        {"", batch("a", "b\nc"), []string{"."}},
		"all":                 {"", watch.Batch{All: true}, []string{"."}},
		"all, from below":     {"b", watch.Batch{All: true}, []string{".."}},
		"all, from elsewhere": {"/tmp", watch.Batch{All: true}, []string{"/in"}},
		"too many":            {"", batch(many...), []string{"."}},
	} {
		r := &watchRule{place: c.place, inside: "/in"}
		if got := r.changed(c.batch); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWatchWords(t *testing.T) {
	for name, c := range map[string]struct {
		run  config.Hook
		want []string
	}{
		"shell":           {config.Hook{Shell: "make"}, []string{"/bin/sh", "-c", "make"}},
		"shell, with":     {config.Hook{Shell: "lint {changed}; echo {changed}"}, []string{"/bin/sh", "-c", `lint "$@"; echo "$@"`, "/bin/sh", "a", "$(b)"}},
		"program":         {config.Hook{Exec: []string{"make", "x"}}, []string{"make", "x"}},
		"program, with":   {config.Hook{Exec: []string{"lint", "{changed}"}}, []string{"lint", "a", "$(b)"}},
		"within one word": {config.Hook{Exec: []string{"lint", "--file={changed}", "x"}}, []string{"lint", "--file=a", "--file=$(b)", "x"}},
	} {
		r := config.WatchRule{Run: c.run}
		if got := r.Command([]string{"a", "$(b)"}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A command that changes what it waits for is told from somebody who saves a file while the command runs.
func TestSelfMade(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		changed time.Duration // from the begin of a run
		lasts   time.Duration
		cut     bool
		told    bool
	}{
		"at its end":               {1990 * ms, 2000 * ms, false, true},
		"just after":               {2010 * ms, 2000 * ms, false, true},
		"at its begin, which ends": {5 * ms, 20 * ms, true, true},
		"by what we print":         {-10 * ms, 20 * ms, true, true},
		"saved while it runs":      {2000 * ms, 2020 * ms, true, false},
		"saved later":              {5000 * ms, 2000 * ms, false, false},
	} {
		var s selfMade
		told := ""
		begin := time.Now()
		b := watch.Batch{First: begin, Changes: []watch.Change{{Path: "f"}}}
		for range 10 {
			told += s.ended(b, begin, begin.Add(c.lasts), c.cut)
			b.First = begin.Add(c.changed)
			begin = begin.Add(max(c.lasts, c.changed) + 20*ms)
		}
		if want := map[bool]string{true: "f"}[c.told]; told != want {
			t.Errorf("%s: told %q, want %q", name, told, want)
		}
	}
}
