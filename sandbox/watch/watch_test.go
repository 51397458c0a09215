package watch_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/watch"
)

// field is a tree that is watched.
type field struct {
	*testing.T
	root    string
	watcher *watch.Watcher
	batches chan watch.Batch
	count   int // batches taken
	mu      sync.Mutex
	notices []watch.Notice
}

// sow makes files below a new directory; a name that ends with / is a directory.
func sow(t *testing.T, names ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		put(t, filepath.Join(root, name), "first")
	}
	return root
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if path[len(path)-1] == '/' {
		must(t, os.MkdirAll(path, 0o755))
		return
	}
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// observe watches root until the test ends.
func observe(t *testing.T, root string, o watch.Options) *field {
	t.Helper()
	f := prepare(t, root, o)
	f.run()
	return f
}

// prepare sets the watches; nobody listens yet.
func prepare(t *testing.T, root string, o watch.Options) *field {
	t.Helper()
	f := &field{T: t, root: root, batches: make(chan watch.Batch, 1000)}
	o.Root = root
	if o.Rules == nil {
		o.Rules = []watch.Rule{{}}
	}
	o.Notice = func(n watch.Notice) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.notices = append(f.notices, n)
	}
	var err error
	f.watcher, err = watch.Open(o)
	must(t, err)
	t.Cleanup(f.watcher.Close)
	return f
}

// run listens until the test ends.
func (f *field) run() {
	ctx, stop := context.WithCancel(f.Context())
	var done sync.WaitGroup
	done.Go(func() { _ = f.watcher.Run(ctx, func(b watch.Batch) { f.batches <- b }) })
	f.Cleanup(func() {
		stop()
		done.Wait()
	})
}

const long = 30 * time.Second

// until takes batches of a rule until all of these paths were in one of them, or anything may have changed.
// It answers everything that was told meanwhile.
func (f *field) until(rule int, paths ...string) map[string]string {
	f.Helper()
	told := map[string]string{}
	for deadline := time.After(long); ; {
		if !slices.ContainsFunc(paths, func(p string) bool { return told[p] == "" }) {
			return told
		}
		select {
		case b := <-f.batches:
			f.count++
			if b.Rule != rule {
				continue
			}
			for _, c := range b.Changes {
				told[c.Path] = c.Kind
			}
			if b.All {
				for _, p := range paths {
					told[p] = "all"
				}
			}
		case <-deadline:
			f.Fatalf("told of %v, waiting for %v", told, paths)
		}
	}
}

// noticed waits for a notice.
func (f *field) noticed(kind string) {
	f.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		f.mu.Lock()
		ok := slices.ContainsFunc(f.notices, func(n watch.Notice) bool { return n.Kind == kind })
		f.mu.Unlock()
		if ok {
			return
		}
	}
	f.Fatalf("no notice of %s: %v", kind, f.notices)
}

func (f *field) put(name, text string) { f.Helper(); put(f.T, filepath.Join(f.root, name), text) }
func (f *field) at(name string) string { return filepath.Join(f.root, name) }

// both runs a test with the kernel's events and by polling.
func both(t *testing.T, test func(t *testing.T, o watch.Options)) {
	t.Run("inotify", func(t *testing.T) { test(t, watch.Options{}) })
	t.Run("poll", func(t *testing.T) { test(t, watch.Options{Poll: 20 * time.Millisecond}) })
}

func TestChanges(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		f := observe(t, sow(t, "a", "gone", "moved", "replaced", "dir/deep/b"), o)
		f.put("a", "second")
		f.put("new", "x")
		f.put("dir/deep/b", "second")
		must(t, os.Remove(f.at("gone")))
		must(t, os.Rename(f.at("moved"), f.at("dir/moved")))
		f.put("tmp.1", "whole") // as editors save
		must(t, os.Rename(f.at("tmp.1"), f.at("replaced")))
		told := f.until(0, "a", "new", "dir/deep/b", "gone", "moved", "dir/moved", "replaced")
		for p, kind := range map[string]string{
			"a": watch.Written, "new": watch.Created, "dir/deep/b": watch.Written, "gone": watch.Removed, "moved": watch.Removed,
			"dir/moved": watch.Created, "replaced": watch.Written, "tmp.1": "",
		} {
			if told[p] != kind {
				t.Errorf("%s: %q, want %q", p, told[p], kind)
			}
		}
	})
}

// What is made before the watch of a new directory is set is found by a look at it.
func TestNewDirectories(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		f := observe(t, sow(t, "a"), o)
		for _, top := range []string{"one", "two", "three"} {
			f.put(top+"/b/c/d/file", "x")
			f.put(top+"/b/other", "x")
		}
		f.until(0, "one/b/c/d/file", "two/b/c/d/file", "three/b/c/d/file", "one/b/other", "two/b/other", "three/b/other")
		f.put("one/b/c/d/file", "second")
		f.until(0, "one/b/c/d/file")
	})
}

func TestRenamedDirectory(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		f := observe(t, sow(t, "old/sub/a", "old/sub/b"), o)
		must(t, os.Rename(f.at("old"), f.at("new")))
		f.until(0, "new/sub/a", "new/sub/b")
		f.put("new/sub/a", "second") // by its new name, below a directory that itself was not renamed
		f.until(0, "new/sub/a")
		outside := filepath.Join(t.TempDir(), "outside")
		must(t, os.Rename(f.at("new"), outside))
		if o.Poll > 0 {
			f.until(0, "new/sub/a")
		} else {
			f.until(0, "new")
		}
		must(t, os.Rename(outside, f.at("old")))
		f.until(0, "old/sub/b")
		f.put("old/sub/b", "third")
		f.until(0, "old/sub/b")
	})
}

func TestRemovedAndMadeAgain(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		f := observe(t, sow(t, "dir/sub/a"), o)
		for range 20 {
			must(t, os.RemoveAll(f.at("dir")))
			f.put("dir/sub/a", "again")
		}
		f.until(0, "dir/sub/a")
		f.put("dir/sub/new", "last")
		f.until(0, "dir/sub/new")
	})
}

func TestTheRootIsReplaced(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		root := sow(t, "project/a")
		f := observe(t, filepath.Join(root, "project"), o)
		must(t, os.Rename(f.root, f.root+".away"))
		f.noticed(watch.RootGone)
		f.put("a", "another")
		f.noticed(watch.RootBack)
		f.until(0, "a")
		f.put("b", "x")
		f.until(0, "b")
	})
}

func TestLinksAreNotFollowed(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		root := sow(t, "project/dir/a", "outside/b")
		must(t, os.Symlink("..", filepath.Join(root, "project/dir/loop")))
		must(t, os.Symlink("../outside", filepath.Join(root, "project/away")))
		f := prepare(t, filepath.Join(root, "project"), o)
		if n := f.watcher.Dirs(); n != 2 {
			t.Errorf("%d directories are watched, want 2", n)
		}
		f.run()
		put(t, filepath.Join(root, "outside/b"), "second")
		f.put("dir/a", "second")
		if told := f.until(0, "dir/a"); len(told) != 1 {
			t.Errorf("told of %v", told)
		}
	})
}
