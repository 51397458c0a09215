package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// newGit is an engine whose project is a repository with one commit, of a user
// whose settings are known.
func newGit(t *testing.T) *fixture {
	t.Helper()
	settings := filepath.Join(t.TempDir(), "gitconfig")
	t.Setenv("GIT_CONFIG_GLOBAL", settings)
	write(t, settings, "[user]\n\tname = Ann \\\"A\\\" Ö\n\temail = ann@example.org\n[secret]\n\ttoken = hidden\n")
	f := newEngine(t)
	f.git(f.project, "init", "-q", "-b", "main")
	write(t, filepath.Join(f.project, "file"), "one\n")
	f.git(f.project, "add", "file")
	f.git(f.project, "commit", "-qm", "one")
	return f
}

// git runs the host's git as the user would, outside.
func (f *fixture) git(dir string, args ...string) string {
	f.t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_ALLOW_PROTOCOL=file", "GIT_EDITOR=true", "LC_ALL=C")
	out, err := c.CombinedOutput()
	if err != nil {
		f.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// TestGitInside: what people do in a repository, as whoever they are there.
func TestGitInside(t *testing.T) {
	for name, user := range map[string]func(*spec.User){
		"keep": func(*spec.User) {},
		"root": func(u *spec.User) { *u = spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"} },
	} {
		t.Run(name, func(t *testing.T) {
			f := newGit(t)
			s := f.spec()
			user(&s.User)
			f.up(s)
			f.sh(`set -e; echo two >> file; git add file; git commit -qm two; git checkout -q -b other
				echo three >> file; git stash -q; git stash pop -q; git checkout -q file; git checkout -q main
				git branch -q -D other; git gc -q; git fsck; test -z "$(git status --porcelain)"`)
			if got := f.good(f.exec(asRoot(shell("git status --porcelain; git log --format=%s")))); got != "two\none" {
				t.Errorf("root sees %q", got)
			}
			f.good(f.exec(asRoot(shell("git commit -q --allow-empty -m three"))))
			if got := f.git(f.project, "log", "--format=%an %ae %s"); got != "Ann \"A\" Ö ann@example.org three\nAnn \"A\" Ö ann@example.org two\nAnn \"A\" Ö ann@example.org one" {
				t.Errorf("outside the log is %q", got)
			}
			f.git(f.project, "commit", "-q", "--allow-empty", "-m", "four")
			f.git(f.project, "gc", "-q")
		})
	}
}

func TestGitIdentity(t *testing.T) {
	f := newGit(t)
	f.up(f.spec())
	if got := f.sh("git config user.name; git config secret.token || echo none; printenv GIT_CONFIG_GLOBAL || echo none"); got != "Ann \"A\" Ö\nnone\nnone" {
		t.Errorf("inside: %q", got)
	}
	if got := f.sh("git config --global user.name Inside; git config user.name"); got != "Inside" {
		t.Errorf("inside the user's own settings say %q", got)
	}
	f.sh("rm ~/.gitconfig")
	f.git(f.project, "config", "user.email", "project@example.org")
	if got := f.sh("git config user.email"); got != "project@example.org" {
		t.Errorf("inside the repository says %q", got)
	}
}

// TestGitIdentityOfAnImage: what the image says itself comes after it and counts.
func TestGitIdentityOfAnImage(t *testing.T) {
	f := newGit(t)
	s := f.spec()
	s.User.Mode = spec.UserKeep
	for range 2 { // the second start replaces what the first one wrote
		f.up(s)
		f.good(f.exec(asRoot(shell("git config --system --replace-all user.name Image"))))
		if got := f.sh("git config user.name; git config user.email; grep -c 'begin: sandbox' /etc/gitconfig"); got != "Image\nann@example.org\n1" {
			t.Errorf("got %q", got)
		}
		if _, err := f.Down(t.Context(), s.ID, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGitWorktree: two worktrees are two sandboxes, and git works in both.
func TestGitWorktree(t *testing.T) {
	f := newGit(t)
	tree := filepath.Join(filepath.Dir(f.project), "tree")
	f.git(f.project, "worktree", "add", "-q", tree)
	main := f.project
	f.project = tree
	f.up(f.spec())
	f.sh(`set -e; echo x > x; git add x; git commit -qm two; git stash list; git checkout -q -b other; git branch -q -D tree
		echo y >> x; git stash -q; git stash pop -q; git checkout -q x; git status`)
	got := f.sh("cd " + main + "; for f in hooks/x config worktrees/x worktrees/tree/commondir worktrees/tree/gitdir; do echo evil >> .git/$f; done 2>&1 | grep -c 'Read-only'")
	if got != "5" {
		t.Errorf("%s of 5 were refused", got)
	}
	if got := f.git(tree, "log", "--format=%s"); got != "two\none" {
		t.Errorf("outside the log is %q", got)
	}
	f.project = main
	f.up(f.spec())
	f.sh("git commit -q --allow-empty -m main; ! echo evil >> .git/worktrees/tree/commondir")
	f.git(tree, "status")
}

func TestGitSubmodule(t *testing.T) {
	f := newGit(t)
	super := filepath.Join(filepath.Dir(f.project), "super")
	f.git(filepath.Dir(super), "init", "-q", "super")
	f.git(super, "submodule", "--quiet", "add", f.project, "sub")
	f.git(super, "commit", "-qm", "sub")
	f.project = super
	f.up(f.spec())
	f.sh("cd sub && git commit -q --allow-empty -m below && ! git config a.b c && ! touch ../.git/modules/sub/hooks/x && ! mv ../.git/modules ../.git/m")
	f.project = filepath.Join(super, "sub")
	f.up(f.spec())
	f.sh("git commit -q --allow-empty -m alone && ! git config a.b c && ! touch ../.git/modules/sub/hooks/x && ! ls ../.git/config")
	if got := f.git(f.project, "log", "--format=%s"); got != "alone\nbelow\none" {
		t.Errorf("outside the log is %q", got)
	}
}

func TestGitReadOnlyAndAllow(t *testing.T) {
	f := newGit(t)
	s := f.spec()
	s.GitHooks = spec.GitReadOnly
	f.good(f.run(s, shell("git status --porcelain && git log -1 --format=%s && ! git commit -q --allow-empty -m two && ! touch .git/commondir && ! rm .git/HEAD")))
	s.GitHooks = spec.GitAllow
	f.good(f.run(s, shell("git config a.b c && touch .git/hooks/x && git commit -q --allow-empty -m two")))
	if got := f.git(f.project, "config", "a.b"); got != "c" {
		t.Errorf("outside a.b is %q", got)
	}
}
