package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestFind(t *testing.T) {
	const yaml = "version: 1\n"
	for name, c := range map[string]struct {
		files             map[string]string
		start, home       string
		dir, file, device string
	}{
		"here":                      {files: map[string]string{"h/p/.sandbox.yaml": yaml}, start: "h/p", home: "h", dir: "h/p", file: "h/p/.sandbox.yaml"},
		"above":                     {files: map[string]string{"h/p/.sandbox.yaml": yaml, "h/p/a/b/": ""}, start: "h/p/a/b", home: "h", dir: "h/p", file: "h/p/.sandbox.yaml"},
		"the nearest":               {files: map[string]string{"p/.sandbox.yaml": yaml, "p/a/.sandbox.yaml": yaml}, start: "p/a", home: "h", dir: "p/a", file: "p/a/.sandbox.yaml"},
		"not parsed":                {files: map[string]string{"p/.sandbox.yaml": "\xff"}, start: "p", home: "h", dir: "p", file: "p/.sandbox.yaml"},
		"devcontainer":              {files: map[string]string{"p/.devcontainer/devcontainer.json": "{}"}, start: "p", home: "h", dir: "p", device: "p/.devcontainer/devcontainer.json"},
		"devcontainer in the open":  {files: map[string]string{"p/.devcontainer.json": "{}", "p/a/": ""}, start: "p/a", home: "h", dir: "p", device: "p/.devcontainer.json"},
		"ours before devcontainer":  {files: map[string]string{"p/.devcontainer.json": "{}", "p/.sandbox.yaml": yaml}, start: "p", home: "h", dir: "p", file: "p/.sandbox.yaml"},
		"git":                       {files: map[string]string{"p/.git/HEAD": "", "p/a/": ""}, start: "p/a", home: "h", dir: "p"},
		"git worktree":              {files: map[string]string{"p/.git": "gitdir: x", "p/a/": ""}, start: "p/a", home: "h", dir: "p"},
		"the nearest git":           {files: map[string]string{"p/.git/": "", "p/m/.git": "", "p/m/a/": ""}, start: "p/m/a", home: "h", dir: "p/m"},
		"configuration above git":   {files: map[string]string{"p/.sandbox.yaml": yaml, "p/m/.git/": ""}, start: "p/m", home: "h", dir: "p", file: "p/.sandbox.yaml"},
		"nothing":                   {files: map[string]string{"p/a/": ""}, start: "p/a", home: "h", dir: "p/a"},
		"not from home":             {files: map[string]string{"h/.sandbox.yaml": yaml, "h/.git/": "", "h/p/": ""}, start: "h/p", home: "h", dir: "h/p"},
		"not in home":               {files: map[string]string{"h/.sandbox.yaml": yaml}, start: "h", home: "h", dir: "h"},
		"not above home":            {files: map[string]string{"u/.sandbox.yaml": yaml, "u/h/p/": ""}, start: "u/h/p", home: "u/h", dir: "u/h/p"},
		"not beside home":           {files: map[string]string{"u/.sandbox.yaml": yaml, "u/.git/": "", "u/p/": ""}, start: "u/p", home: "u/h", dir: "u/p"},
		"home through a link":       {files: map[string]string{"real/.sandbox.yaml": yaml, "real/p/": "", "h": "->real"}, start: "h/p", home: "h", dir: "real/p"},
		"start through a link":      {files: map[string]string{"p/.sandbox.yaml": yaml, "p/a/": "", "l": "->p/a"}, start: "l", home: "h", dir: "p", file: "p/.sandbox.yaml"},
		"a link that stays":         {files: map[string]string{"p/.sandbox.yaml": "->conf/s.yaml", "p/conf/s.yaml": yaml}, start: "p", home: "h", dir: "p", file: "p/.sandbox.yaml"},
		"a file in a file's place":  {files: map[string]string{"p/.devcontainer": "", "p/a/": ""}, start: "p/a", home: "h", dir: "p/a"},
		"a directory of the letter": {files: map[string]string{"home2/.sandbox.yaml": yaml, "home/": ""}, start: "home2", home: "home", dir: "home2", file: "home2/.sandbox.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, c.files)
			in := func(path string) string {
				if path == "" {
					return ""
				}
				return filepath.Join(top, path)
			}
			got, err := config.Find(in(c.start), in(c.home))
			if err != nil {
				t.Fatal(err)
			}
			if want := (config.Project{Dir: in(c.dir), File: in(c.file), Devcontainer: in(c.device)}); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestFindRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a link that leads out":            {map[string]string{"p/.sandbox.yaml": "->../x.yaml", "x.yaml": ""}, "/p/.sandbox.yaml: a symbolic link must be relative and stay in the directory of the project"},
		"a link to nothing":                {map[string]string{"p/.sandbox.yaml": "->x.yaml"}, "/p/.sandbox.yaml: a symbolic link to nothing"},
		"a link to itself":                 {map[string]string{"p/.sandbox.yaml": "->.sandbox.yaml"}, "/p/.sandbox.yaml: a symbolic link must be relative and stay in the directory of the project"},
		"a directory":                      {map[string]string{"p/.sandbox.yaml/": ""}, "/p/.sandbox.yaml: not a regular file"},
		"a device":                         {map[string]string{"p/.sandbox.yaml": "->/dev/zero"}, "/p/.sandbox.yaml: a symbolic link must be relative and stay in the directory of the project"},
		"a devcontainer behind a link out": {map[string]string{"p/.devcontainer": "->../d", "d/devcontainer.json": ""}, "/p/.devcontainer/devcontainer.json: a symbolic link must be relative and stay in the directory of the project"},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, c.files)
			_, err := config.Find(filepath.Join(top, "p"), "/h")
			var problems config.Problems
			if !errors.As(err, &problems) || problems.Error() != top+c.want {
				t.Errorf("got %v\nwant %s%s", err, top, c.want)
			}
		})
	}
}

func TestFindNeedsADirectory(t *testing.T) {
	top := tree(t, map[string]string{"f": ""})
	for _, start := range []string{top + "/f", top + "/none"} {
		if _, err := config.Find(start, "/h"); err == nil {
			t.Errorf("%s: no error", start)
		}
	}
}

// A pipe would hold up whoever opens it.
func TestPipeIsNotOpened(t *testing.T) {
	top := tree(t, nil)
	path := filepath.Join(top, ".sandbox.yaml")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	want := path + ": not a regular file"
	if _, err := config.Find(top, "/h"); err == nil || err.Error() != want {
		t.Errorf("find: %v", err)
	}
	if _, err := config.Load(config.LoadOptions{Project: config.Project{Dir: top, File: path}}); err == nil || err.Error() != want {
		t.Errorf("load: %v", err)
	}
	if _, err := config.Load(config.LoadOptions{Project: config.Project{Dir: top}, UserFile: path}); err == nil || err.Error() != want {
		t.Errorf("load of the user's file: %v", err)
	}
}

// Only root can make a file of somebody else; owner_test.go covers the decision
// for everybody.
func TestFileOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		return
	}
	for _, name := range []string{".sandbox.yaml", ".devcontainer.json", ".sandbox.local.yaml"} {
		top := tree(t, map[string]string{name: "version: 1\n"})
		path := filepath.Join(top, name)
		if err := os.Chown(path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		p, err := config.Find(top, "/h")
		if err == nil {
			_, err = config.Load(config.LoadOptions{Project: p})
		}
		var owner *config.OwnerError
		if !errors.As(err, &owner) || owner.Path != path || owner.UID != 12345 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A .git that somebody else put above must not make more of the disk a project.
func TestGitOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		return
	}
	top := tree(t, map[string]string{".git/": "", "a/": ""})
	if err := os.Chown(filepath.Join(top, ".git"), 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if p, err := config.Find(filepath.Join(top, "a"), "/h"); err != nil || p.Dir != filepath.Join(top, "a") {
		t.Errorf("%+v, %v", p, err)
	}
}

func BenchmarkFind(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "a/b/c")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := config.Find(dir, "/h"); err != nil {
			b.Fatal(err)
		}
	}
}
