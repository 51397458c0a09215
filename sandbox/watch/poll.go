package watch

import (
	"context"
	"errors"
	"os"
	"path"
	"time"
)

// poller compares one look at the tree with the next: for file systems that tell
// nobody what others change on them, and where there are not enough watches.
type poller struct {
	w     *Watcher
	every *time.Ticker
	seen  map[string]stamp
	count int
	gone  bool
}

func newPoller(w *Watcher, every time.Duration) (*poller, error) {
	p := &poller{w: w}
	var err error
	if p.seen, err = p.scan(); err != nil {
		return nil, &RootError{w.options.Root, err}
	}
	p.every = time.NewTicker(every)
	return p, nil
}

func (p *poller) dirs() int { return p.count }
func (p *poller) close()    { p.every.Stop() }

func (p *poller) next(ctx context.Context, deadline <-chan time.Time) error {
	select {
	case <-p.every.C:
		p.look()
	case <-deadline:
	case <-ctx.Done():
	}
	return nil
}

func (p *poller) look() {
	now, err := p.scan()
	switch {
	case err != nil && !p.gone:
		p.gone = true
		p.w.notice(RootGone, "")
		return
	case err != nil:
		return
	case p.gone:
		p.gone = false
		p.w.notice(RootBack, "")
	}
	at := time.Now()
	for file, s := range now {
		if before, ok := p.seen[file]; !ok || before != s {
			p.w.changed(file, !ok, at)
		}
	}
	for file := range p.seen {
		if _, ok := now[file]; !ok {
			p.w.changed(file, false, at)
		}
	}
	p.seen = now
}

// scan looks at every file that some rule may want.
func (p *poller) scan() (map[string]stamp, error) {
	root, err := os.OpenRoot(p.w.options.Root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	out := make(map[string]stamp, len(p.seen))
	p.count = 0
	for stack := []string{""}; len(stack) > 0; {
		dir := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !p.w.enters(dir) {
			continue
		}
		p.count++
		entries := list(root, dir)
		p.w.ignores.read(dir)
		for _, e := range entries {
			file := path.Join(dir, e.Name())
			if e.IsDir() {
				stack = append(stack, file)
				continue
			}
			info, err := e.Info()
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err == nil {
				out[file] = stampOf(info)
			}
		}
	}
	return out, nil
}
