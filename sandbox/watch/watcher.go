package watch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
)

// Rule is what somebody wants to hear of.
type Rule struct {
	Paths    []string      // patterns of files, with **; none: all files
	Ignore   []string      // lines as in a .gitignore, stronger than all others
	Debounce time.Duration // 0: DefaultDebounce
}

// Options of a Watcher.
type Options struct {
	Root     string // of the tree: an absolute path without symbolic links
	Rules    []Rule
	Poll     time.Duration // look at the tree this often instead of asking the kernel; 0: do not
	Excludes string        // the user's own list for git, or ""
	Notice   func(Notice)  // may be nil
}

// Notice is something that happened to the watching itself.
type Notice struct {
	Kind string // one of those below
	Path string // relative to the tree
}

// Kinds of notices.
const (
	Overflowed = "overflow"   // the kernel dropped events: the tree was looked through again
	RootGone   = "root gone"  // the tree itself was removed
	RootBack   = "root back"  // there is another one in its place
	Unreadable = "unreadable" // a directory cannot be read, and is not watched
)

// Watcher watches one tree.
type Watcher struct {
	options Options
	rules   []*pending
	ignores *ignores
	source  source
	seen    int    // changes that any source told of
	lock    string // of the repository's index: git is at work while it is there
}

// source is where changes come from: the kernel, or one look after another.
type source interface {
	// next waits for what happens, until deadline where there is one.
	next(ctx context.Context, deadline <-chan time.Time) error
	// dirs counts the directories that are watched.
	dirs() int
	close()
}

// Open begins to watch: what changes from now on is in a batch of Run. It fails with
// *LimitError or *RootError.
func Open(o Options) (*Watcher, error) {
	w := &Watcher{options: o}
	if info, err := os.Lstat(o.Root); err != nil || !info.IsDir() {
		return nil, &RootError{o.Root, notDir(err)}
	}
	w.ignores = newIgnores(o.Root, o.Excludes)
	for _, r := range o.Rules {
		f, err := newFilter(r, w.ignores)
		if err != nil {
			return nil, err
		}
		quiet := r.Debounce
		if quiet == 0 {
			quiet = DefaultDebounce
		}
		w.rules = append(w.rules, &pending{filter: f, timing: timing{quiet: quiet}})
	}
	if _, repo := gitrepo.WorkTree(o.Root); repo.Dir != "" {
		w.lock = filepath.Join(repo.Dir, "index.lock")
	}
	var err error
	if o.Poll > 0 {
		w.source, err = newPoller(w, o.Poll)
	} else {
		w.source, err = newTree(w)
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Dirs counts the directories that are watched. Not beside Run.
func (w *Watcher) Dirs() int { return w.source.dirs() }

// Close ends the watching. Not beside Run.
func (w *Watcher) Close() { w.source.close() }

// Run hands over batches until ctx ends, whose error it returns, or nothing can be watched any
// more. hand must not wait.
func (w *Watcher) Run(ctx context.Context, hand func(Batch)) error {
	for ctx.Err() == nil {
		at, some := w.due()
		var deadline <-chan time.Time
		if some {
			now := time.Now()
			if !at.After(now) {
				if err := w.settle(ctx); err != nil {
					return err
				}
				w.handOver(time.Now(), hand)
				continue
			}
			deadline = time.After(at.Sub(now))
		}
		if err := w.source.next(ctx, deadline); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// settle takes the events that wait already: a program that got no processor for a
// while is told late of what happened long ago.
func (w *Watcher) settle(ctx context.Context) error {
	const pause, most = time.Millisecond, 50 * time.Millisecond
	begin := time.Now()
	for before := -1; before != w.seen && time.Since(begin) < most && ctx.Err() == nil; {
		before = w.seen
		if err := w.source.next(ctx, time.After(pause)); err != nil {
			return err
		}
	}
	return nil
}

// due is the earliest time that some rule has to hand over.
func (w *Watcher) due() (at time.Time, some bool) {
	for _, p := range w.rules {
		if t, ok := p.due(); ok && (!some || t.Before(at)) {
			at, some = t, true
		}
	}
	return at, some
}

// Git holds the lock of its index while it changes files of the work tree. A lock that
// was left behind counts only as long as something changes.
const (
	lockPatience = time.Second
	lockPause    = 15 * time.Millisecond
)

func (w *Watcher) handOver(now time.Time, hand func(Batch)) {
	held := w.gitAtWork()
	for i, p := range w.rules {
		at, ok := p.due()
		if !ok || at.After(now) {
			continue
		}
		if held && now.Sub(p.last) < lockPatience {
			p.hold(now.Add(lockPause))
			continue
		}
		if b, some := p.take(w.options.Root); some {
			b.Rule = i
			hand(b)
		}
	}
}

func (w *Watcher) gitAtWork() bool {
	if w.lock == "" {
		return false
	}
	_, err := os.Lstat(w.lock)
	return err == nil
}

// changed takes a change of a file from a source.
func (w *Watcher) changed(file string, fresh bool, now time.Time) {
	w.seen++
	for _, p := range w.rules {
		p.add(file, fresh, now)
	}
}

// missed: anything may have changed.
func (w *Watcher) missed(now time.Time) {
	for _, p := range w.rules {
		p.everything(now)
	}
}

// enters reports whether any rule needs a directory.
func (w *Watcher) enters(dir string) bool {
	return dir == "" || slices.ContainsFunc(w.rules, func(p *pending) bool { return p.filter.enters(dir) })
}

func (w *Watcher) notice(kind, path string) {
	if w.options.Notice != nil {
		w.options.Notice(Notice{kind, path})
	}
}
