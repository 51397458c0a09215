package watch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// tree asks the kernel, which tells of one directory at a time: each directory
// that some rule needs has a watch of its own.
type tree struct {
	w     *Watcher
	fs    *fsnotify.Watcher // nil while the root is gone
	have  map[string]bool   // directories with a watch, relative
	files names
	root  os.FileInfo
	look  *time.Ticker // whether the root is still the one that is watched
}

// rootEvery is how often the root is looked at. Its removal is an event only if nobody
// has it open, and a sandbox that has it mounted does.
const rootEvery = time.Second

func newTree(w *Watcher) (*tree, error) {
	t := &tree{w: w}
	if err := t.build(); err != nil {
		t.drop()
		return nil, err
	}
	t.look = time.NewTicker(rootEvery)
	return t, nil
}

func (t *tree) dirs() int { return len(t.have) }

func (t *tree) close() {
	t.look.Stop()
	t.drop()
}

func (t *tree) drop() {
	if t.fs != nil {
		_ = t.fs.Close()
		t.fs = nil
	}
}

// build sets all watches anew.
func (t *tree) build() error {
	t.drop()
	t.have, t.files = map[string]bool{}, newNames()
	var err error
	if t.fs, err = fsnotify.NewWatcher(); err != nil {
		return limited(err, 0)
	}
	if t.root, err = os.Lstat(t.w.options.Root); err != nil || !t.root.IsDir() {
		return &RootError{t.w.options.Root, notDir(err)}
	}
	if err := t.add("", false); err != nil {
		return err
	}
	if !t.have[""] {
		return &RootError{t.w.options.Root, fs.ErrPermission}
	}
	return nil
}

func notDir(err error) error {
	if err == nil {
		return syscall.ENOTDIR
	}
	return err
}

func (t *tree) next(ctx context.Context, deadline <-chan time.Time) error {
	var events chan fsnotify.Event
	var failed chan error
	if t.fs != nil {
		events, failed = t.fs.Events, t.fs.Errors
	}
	select {
	case e := <-events:
		return t.event(e)
	case err := <-failed: // fsnotify.ErrEventOverflow, or another reason why events are missing
		if err == nil {
			return nil // an error that is none: its channel was closed
		}
		t.w.notice(Overflowed, "")
		return t.again()
	case <-t.look.C:
		return t.checkRoot()
	case <-deadline:
	case <-ctx.Done():
	}
	return nil
}

// event takes one event of the kernel.
func (t *tree) event(e fsnotify.Event) error {
	if e.Op == 0 { // of a watch that is no more
		return nil
	}
	p, below := strings.CutPrefix(e.Name, t.w.options.Root+"/")
	if !below {
		return t.checkRoot()
	}
	now := time.Now()
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		t.removed(p, now)
	}
	if e.Has(fsnotify.Create) || e.Has(fsnotify.Chmod) && !t.have[p] {
		info, err := os.Lstat(e.Name)
		if err == nil && info.IsDir() {
			return t.add(p, true)
		}
	}
	if e.Has(fsnotify.Create) || e.Has(fsnotify.Write) || e.Has(fsnotify.Chmod) && !t.have[p] {
		t.changed(p, now)
	}
	return nil
}

func (t *tree) changed(p string, now time.Time) {
	t.w.changed(p, t.files.add(p), now)
	t.readLists(p)
}

// readLists follows a change of a file of patterns: directories may be wanted now
// that were not. Those that are not wanted any more keep their watch for nothing.
func (t *tree) readLists(p string) {
	for _, name := range lists() {
		if filepath.Base(p) == name {
			dir := parent(p)
			t.w.ignores.read(dir)
			_ = t.add(dir, false) // what fails here fails again where it matters
		}
	}
}

// removed takes the removal of p, or its renaming. Watches below a directory
// that was moved would tell of it by its old name: they are given up before the event of
// its new name is read, which sets them anew.
func (t *tree) removed(p string, now time.Time) {
	if !t.have[p] {
		t.files.remove(p)
		t.w.changed(p, false, now)
		t.readLists(p)
		return
	}
	for dir := range t.have {
		if dir == p || strings.HasPrefix(dir, p+"/") {
			_ = t.fs.Remove(t.abs(dir)) // the kernel may have done it
			delete(t.have, dir)
		}
	}
	for _, rule := range t.w.rules {
		rule.addDir(p, now)
	}
}

func (t *tree) abs(p string) string { return filepath.Join(t.w.options.Root, p) }

// checkRoot looks whether the root is the directory that is watched.
func (t *tree) checkRoot() error {
	info, err := os.Lstat(t.w.options.Root)
	there := err == nil && info.IsDir()
	switch {
	case there && t.fs != nil && os.SameFile(info, t.root):
		return nil
	case !there && t.fs != nil:
		t.drop()
		t.w.notice(RootGone, "")
		t.look.Reset(rootEvery / 10)
	case there:
		if t.fs != nil {
			t.w.notice(RootGone, "")
		}
		t.look.Reset(rootEvery)
		if err := t.again(); err != nil {
			return err
		}
		if t.fs != nil {
			t.w.notice(RootBack, "")
		}
	}
	return nil
}

// again begins anew where it is not known what was missed. Changes during that time are
// not told one by one: everything may have changed.
func (t *tree) again() error {
	err := t.build()
	var gone *RootError
	if errors.As(err, &gone) {
		t.drop()
		t.look.Reset(rootEvery / 10)
		err = nil
	}
	t.w.missed(time.Now())
	return err
}
