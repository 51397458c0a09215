package watch_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/watch"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"}, args...)...)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// two makes a repository with two branches of n files each, all of which differ; other is checked out.
func two(t *testing.T, n int) string {
	t.Helper()
	root := sow(t)
	git(t, root, "init", "-q")
	for _, branch := range []string{"main", "other"} {
		git(t, root, "checkout", "-q", "-B", branch)
		for i := range n {
			put(t, filepath.Join(root, fmt.Sprintf("d%d/s%d/f%d", i%40, i%400, i)), branch)
		}
		git(t, root, "add", "-A")
		git(t, root, "commit", "-q", "-m", branch)
	}
	return root
}

// All that git does to the work tree in one go is one batch, which comes after its end.
func TestCheckoutIsOneBatch(t *testing.T) {
	const n = 10_000
	f := observe(t, two(t, n), watch.Options{})
	for _, branch := range []string{"main", "other"} {
		git(t, f.root, "checkout", "-q", branch)
		told := f.until(0, "d0/s0/f0", "d39/s399/f9999")
		if len(told) != n && told["d0/s0/f0"] != "all" {
			t.Errorf("told of %d files, want %d", len(told), n)
		}
	}
	if f.count != 2 {
		t.Errorf("%d batches, want one each", f.count)
	}
	f.put("last", "x")
	if told := f.until(0, "last"); len(told) != 1 {
		t.Errorf("told of %d files more: %.200s", len(told), fmt.Sprint(told))
	}
}

// When nobody reads, the kernel drops events: then everything is looked through again, and what was made meanwhile is followed.
func TestOverflow(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	must(t, err)
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	f := prepare(t, sow(t, "a"), watch.Options{})
	for i := range limit + 5000 {
		put(t, f.at("file"+strconv.Itoa(i%1000)), strconv.Itoa(i))
	}
	f.put("dropped/new/b", "x") // its event is lost
	f.run()
	f.noticed(watch.Overflowed)
	f.until(0, "dropped/new/b")
	f.put("dropped/new/b", "second")
	f.until(0, "dropped/new/b")
}

// A test with a limit of its own runs again in a user namespace, as root of it, see user_namespaces(7).
func TestLimit(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS)
	for _, name := range []string{"watches", "instances"} {
		t.Run(name, func(t *testing.T) {
			c := exec.Command("/proc/self/exe", "-test.run=^TestLimitInside$", "-test.v")
			c.Env = append(os.Environ(), "WATCH_TEST_LIMIT="+name)
			c.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags:  syscall.CLONE_NEWUSER,
				UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
			}
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestLimitInside(t *testing.T) {
	name := os.Getenv("WATCH_TEST_LIMIT")
	if name == "" {
		return // it is a part of TestLimit
	}
	limit := map[string]string{"watches": "3", "instances": "0"}[name]
	must(t, os.WriteFile("/proc/sys/user/max_inotify_"+name, []byte(limit), 0))
	root := sow(t, "a/1/x", "b/2/x", "c/3/x")
	_, err := watch.Open(watch.Options{Root: root, Rules: []watch.Rule{{}}})
	var reached *watch.LimitError
	if !errors.As(err, &reached) || reached.Sysctl != "fs.inotify.max_user_"+name || reached.Enough() < 1024 {
		t.Fatalf("got %v", err)
	}
	if name == "watches" && reached.Used != 3 {
		t.Errorf("%d in use, want 3", reached.Used)
	}
	f := observe(t, root, watch.Options{Poll: 10 * time.Millisecond}) // needs none
	f.put("a/1/x", "second")
	f.until(0, "a/1/x")
}

// A rule hears of its own files only, and directories that no rule needs are not watched.
func TestRules(t *testing.T) {
	both(t, func(t *testing.T, o watch.Options) {
		o.Rules = []watch.Rule{
			{Paths: []string{"src/**/*.go", "go.mod"}},
			{Paths: []string{"docs"}, Ignore: []string{"*.tmp"}},
			{Paths: []string{"node_modules/mine/**"}, Ignore: []string{"!node_modules/mine"}},
		}
		root := sow(t, ".git/HEAD", ".git/objects/", ".git/refs/", "src/a/b.go", "docs/d", "other/deep/e", "node_modules/x/y", "node_modules/mine/z", "src/gen/c.go", "target/debug/f")
		put(t, filepath.Join(root, ".gitignore"), "gen/\n")
		f := prepare(t, root, o)
		if n := f.watcher.Dirs(); n != 6 { // the tree, src, src/a, docs, node_modules, node_modules/mine
			t.Errorf("%d directories are watched, want 6", n)
		}
		f.run()
		for _, name := range []string{"other/deep/e", "target/debug/f", "node_modules/x/y", "docs/x.tmp", "src/gen/c.go", "src/a/b.txt", ".src.go.swp"} {
			f.put(name, "second")
		}
		f.put("src/a/b.go", "second")
		if told := f.until(0, "src/a/b.go"); len(told) != 1 {
			t.Errorf("the first rule was told of %v", told)
		}
		f.put("docs/d", "second")
		if told := f.until(1, "docs/d"); len(told) != 1 {
			t.Errorf("the second rule was told of %v", told)
		}
		f.put("node_modules/mine/z", "second")
		f.until(2, "node_modules/mine/z")
		must(t, os.Remove(f.at(".gitignore"))) // and what was ignored counts
		f.put("go.mod", "x")
		f.until(0, "go.mod")
		f.put("src/gen/c.go", "third")
		f.until(0, "src/gen/c.go")
	})
}

// What an editor does to save, and leaves beside the file.
func TestEditors(t *testing.T) {
	for name, save := range map[string]func(f *field, text string){
		"in place": func(f *field, text string) { f.put("file", text) },
		"vim": func(f *field, text string) {
			f.put("4913", "")
			must(f.T, os.Remove(f.at("4913")))
			must(f.T, os.Rename(f.at("file"), f.at("file~")))
			f.put("file", text)
			must(f.T, os.Chmod(f.at("file"), 0o600))
			must(f.T, os.Remove(f.at("file~")))
		},
		"by a new file": func(f *field, text string) {
			f.put(".file.1234", text)
			must(f.T, os.Rename(f.at(".file.1234"), f.at("file")))
		},
		"by a link": func(f *field, text string) {
			f.put("#file#", text)
			must(f.T, os.Remove(f.at("file")))
			must(f.T, os.Link(f.at("#file#"), f.at("file")))
			must(f.T, os.Remove(f.at("#file#")))
		},
		"only its time": func(f *field, text string) {
			at := time.Now().Add(-time.Duration(len(text)) * time.Hour)
			must(f.T, os.Chtimes(f.at("file"), at, at))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := observe(t, sow(t, "file"), watch.Options{})
			for i := range 3 {
				save(f, strings.Repeat("x", i+10))
				for told := range f.until(0, "file") {
					if told != "file" {
						t.Errorf("told of %s", told)
					}
				}
			}
		})
	}
}

// A command's own passing files are no change.
func TestCameAndWent(t *testing.T) {
	f := observe(t, sow(t, "a"), watch.Options{Rules: []watch.Rule{{Debounce: time.Second}}})
	f.put("passing", "x")
	must(t, os.Remove(f.at("passing")))
	must(t, os.Remove(f.at("a")))
	f.put("b", "x")
	if told := f.until(0, "a", "b"); len(told) != 2 || told["a"] != watch.Removed {
		t.Errorf("told of %v", told)
	}
}

func TestNotWatchable(t *testing.T) {
	root := sow(t, "file")
	for name, o := range map[string]watch.Options{
		"missing":    {Root: filepath.Join(root, "missing")},
		"a file":     {Root: filepath.Join(root, "file")},
		"poll":       {Root: filepath.Join(root, "missing"), Poll: time.Second},
		"no pattern": {Root: root, Rules: []watch.Rule{{Paths: []string{"["}}}},
	} {
		var bad *watch.RootError
		var pattern *watch.PatternError
		if _, err := watch.Open(o); !errors.As(err, &bad) && !errors.As(err, &pattern) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What cannot be read is told once, and the rest is watched.
func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		return // root reads everything
	}
	root := sow(t, "a/x", "shut/y")
	must(t, os.Chmod(filepath.Join(root, "shut"), 0))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, "shut"), 0o755) })
	f := observe(t, root, watch.Options{})
	f.noticed(watch.Unreadable)
	f.put("a/x", "second")
	f.until(0, "a/x")
	must(t, os.Chmod(f.at("shut"), 0o755))
	f.until(0, "shut/y") // it is like new
}
