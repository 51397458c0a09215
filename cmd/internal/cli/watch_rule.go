package cli

import (
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// watchRule is one rule at work.
type watchRule struct {
	config.WatchRule
	name    string
	adHoc   bool         // of the command line
	command spec.Command // without its words
	place   string       // where it runs, as the user wrote it: relative to the project, absolute inside, or ""
	inside  string       // the project inside
	inbox   inbox
}

// override lays the flags over what the configuration says.
func (r *watchRule) override(o watchFlags) error {
	for _, p := range o.paths {
		if why := config.CheckGlob(p); why != "" {
			return usagef("--paths %s", why)
		}
	}
	if o.given("paths") {
		r.Paths = o.paths
	}
	if o.given("ignore") {
		r.Ignore = append(append([]string(nil), r.Ignore...), o.ignore...)
	}
	if o.given("debounce") {
		if _, err := config.ParseDebounce(o.debounce); err != nil {
			return usagef("--debounce: %v", err)
		}
		r.Debounce = o.debounce
	}
	if o.given("on-busy") {
		switch r.OnBusy = o.onBusy; r.OnBusy {
		case "restart", "queue", "ignore":
		default:
			return usagef("--on-busy %q: restart, queue or ignore", o.onBusy)
		}
	}
	r.Clear, r.Notify = r.Clear || o.clear, r.Notify || o.notify
	if o.given("initial") {
		r.Initial = o.initial
	}
	r.Initial = r.Initial && !o.once
	return nil
}

// watched is what the watching needs to know of the rule.
func (r *watchRule) watched() watch.Rule {
	d, _ := config.ParseDebounce(r.Debounce) // was checked
	return watch.Rule{Paths: r.Paths, Ignore: r.Ignore, Debounce: d}
}

// words is the command for a batch: with the changed files in its words and its environment.
func (r *watchRule) words(b watch.Batch) spec.Command {
	changed := r.changed(b)
	c := r.command
	if r.adHoc {
		c.Args = config.ExpandChanged(r.Run.Exec, changed)
	} else {
		c.Args = r.Command(changed)
	}
	c.Env = nil
	for k, v := range r.Env {
		c.Env = append(c.Env, k+"="+v)
	}
	c.Env = append(append(c.Env, r.command.Env...), "SANDBOX_CHANGED="+strings.Join(changed, "\n"))
	c.Dir = r.place
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		c.Dir = filepath.Join(r.inside, c.Dir)
	}
	return c
}

// maxChanged bounds the list of changed files that a command is given: the kernel takes 128 KiB
// for one variable, and what is longer is no list to go through.
const maxChanged = 64 << 10

// changed are the files of a batch as the command finds them from where it runs. Where not all of
// them can be named it is the project: anything may have changed.
func (r *watchRule) changed(b watch.Batch) []string {
	whole := []string{r.from(".")}
	if b.All {
		return whole
	}
	var list []string
	size := 0
	for _, c := range b.Changes {
		size += len(c.Path) + 1
		if size > maxChanged || strings.ContainsFunc(c.Path, unicode.IsControl) {
			return whole
		}
		list = append(list, r.from(c.Path))
	}
	return list
}

// from is a path of the project seen from the place of the command. One that could be taken
// for an option cannot.
func (r *watchRule) from(p string) string {
	switch {
	case filepath.IsAbs(r.place):
		return path.Join(r.inside, p)
	case r.place != "" && r.place != ".":
		if rel, err := filepath.Rel(r.place, p); err == nil {
			p = rel
		}
	}
	if strings.HasPrefix(p, "-") {
		return "./" + p
	}
	return p
}

// inbox keeps what changed until somebody has time for it.
type inbox struct {
	mu      sync.Mutex
	batch   watch.Batch
	full    bool
	arrived chan struct{} // one place
}

func newInbox() inbox { return inbox{arrived: make(chan struct{}, 1)} }

func (i *inbox) put(b watch.Batch) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.full {
		b = join(i.batch, b)
	}
	i.batch, i.full = b, true
	select {
	case i.arrived <- struct{}{}:
	default:
	}
}

// ask has the rule run although nothing changed.
func (i *inbox) ask() { i.put(watch.Batch{First: time.Now()}) }

// take empties it.
func (i *inbox) take() (watch.Batch, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	b, full := i.batch, i.full
	i.batch, i.full = watch.Batch{}, false
	select {
	case <-i.arrived:
	default:
	}
	return b, full
}

// join makes one batch of two: of a file, the later change counts.
func join(a, b watch.Batch) watch.Batch {
	out := watch.Batch{Rule: b.Rule, All: a.All || b.All, First: earlier(a.First, b.First)}
	later := map[string]bool{}
	for _, c := range b.Changes {
		later[c.Path] = true
	}
	for _, c := range a.Changes {
		if !later[c.Path] {
			out.Changes = append(out.Changes, c)
		}
	}
	out.Changes = append(out.Changes, b.Changes...)
	return out
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
