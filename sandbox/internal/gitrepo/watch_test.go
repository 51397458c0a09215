package gitrepo

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWatch(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(git string) error
		want []string
	}{
		"nothing":        {func(string) error { return nil }, nil},
		"another branch": {func(git string) error { return os.WriteFile(git+"/HEAD", []byte("ref: refs/heads/x\n"), 0o600) }, nil},
		"a commit": {func(git string) error {
			return os.WriteFile(git+"/HEAD", []byte("0123456789012345678901234567890123456789\n"), 0o600)
		}, nil},
		"redirected":       {func(git string) error { return os.WriteFile(git+"/commondir", []byte("../evil"), 0o600) }, []string{Redirected}},
		"by a link":        {func(git string) error { return os.Symlink("../evil", git+"/commondir") }, []string{Redirected}},
		"no HEAD":          {func(git string) error { return os.Remove(git + "/HEAD") }, []string{Broken}},
		"HEAD is nonsense": {func(git string) error { return os.WriteFile(git+"/HEAD", []byte("hello"), 0o600) }, []string{Broken}},
		"no refs":          {func(git string) error { return os.Remove(git + "/refs") }, []string{Broken}},
		"HEAD leads out": {func(git string) error {
			return os.Rename(filepath.Dir(filepath.Dir(git))+"/link", git+"/HEAD")
		}, []string{Broken}},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, repository("p/.git", map[string]string{"secret": "s", "link": "->TOP/secret"}))
			git := top + "/p/.git"
			r, _ := Find(top + "/p")
			w, ok := NewWatch(r, top+"/p")
			if !ok {
				t.Fatal("not watched")
			}
			w.UID, w.GID = os.Getuid(), os.Getgid()
			if err := c.do(git); err != nil {
				t.Fatal(err)
			}
			if got := w.Check(); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if got := w.Check(); len(got) > 0 || !isGitDir(git) || kindOf(git+"/commondir") != nothing {
				t.Errorf("still %q", got)
			}
			if text, _ := readText(top+"/secret", false); text != "s" {
				t.Errorf("the file outside is %q", text)
			}
		})
	}
}

func TestWatchForOneToCome(t *testing.T) {
	top := tree(t, map[string]string{"p/": ""})
	w, ok := NewWatch(Repo{}, top+"/p")
	if got := w.Check(); !ok || len(got) > 0 {
		t.Fatalf("found %q, %v", got, ok)
	}
	if err := os.Mkdir(top+"/p/.git", 0o755); err != nil {
		t.Fatal(err)
	}
	if got := w.Check(); !slices.Equal(got, []string{Appeared}) {
		t.Errorf("found %q", got)
	}
	if got := w.Check(); len(got) > 0 {
		t.Errorf("told again: %q", got)
	}
}
