package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// root loads the project nearest to a directory of the tree; h is the home.
func root(t *testing.T, top, start string) (*config.Loaded, error) {
	t.Helper()
	p, err := config.Find(top+"/"+start, top+"/h")
	if err != nil {
		t.Fatal(err)
	}
	return config.Load(config.LoadOptions{Project: p, Environ: []string{"HOME=" + top + "/h"}})
}

func TestWorkspaceRoot(t *testing.T) {
	const git, here = "version: 1\nworkspace: {root: git}\n", "version: 1\nworkspace: {root: here}\n"
	top := tree(t, map[string]string{
		"h/r/.git/": "", "h/r/a/.sandbox.yaml": git, "h/r/a/deep/er/": "", "h/r/b/.sandbox.yaml": here, "h/r/c/.sandbox.yaml": "version: 1\n",
		"h/r/.sandbox.yaml": git,
		"h/r/sub/.git":      "gitdir: ../.git/modules/sub\n", "h/r/sub/x/.sandbox.yaml": git, // a submodule, and a worktree, have a file
		"out/r/.git/": "", "out/r/a/.sandbox.yaml": git,
	})
	for start, want := range map[string][2]string{ // where the project is, and what is mounted
		"h/r/a": {"h/r/a", "h/r"}, "h/r/a/deep/er": {"h/r/a", "h/r"}, "h/r/b": {"h/r/b", "h/r/b"}, "h/r/c": {"h/r/c", "h/r/c"},
		"h/r": {"h/r", "h/r"}, "h/r/sub/x": {"h/r/sub/x", "h/r/sub"}, "out/r/a": {"out/r/a", "out/r"},
	} {
		l, err := root(t, top, start)
		if err != nil {
			t.Errorf("%s: %v", start, err)
			continue
		}
		if got := [2]string{strings.TrimPrefix(l.Project.Dir, top+"/"), strings.TrimPrefix(l.Root, top+"/")}; got != want {
			t.Errorf("%s: got %v, want %v", start, got, want)
		}
	}
}

// Home is never what is mounted, even if it is a repository.
func TestWorkspaceRootRefused(t *testing.T) {
	top := tree(t, map[string]string{
		"h/.git/": "", "h/p/.sandbox.yaml": "version: 1\nworkspace:\n  root: git\n", "q/.sandbox.yaml": "version: 1\nworkspace: {root: git}\n",
	})
	for start, want := range map[string]string{"h/p": "/.sandbox.yaml:3:9: ", "q": "/.sandbox.yaml:2:19: "} {
		_, err := root(t, top, start)
		var problems config.Problems
		if !errors.As(err, &problems) || err.Error() != top+"/"+start+want+"workspace.root: git, but the project is in no repository of yours" {
			t.Errorf("%s: %v", start, err)
		}
	}
}
