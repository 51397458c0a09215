package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// harmless runs what a user runs outside, and looks whether anything of the inside ran.
func (f *fixture) harmless(dir string) {
	f.t.Helper()
	for _, args := range [][]string{
		{"status"}, {"diff", "HEAD", "--"}, {"log", "-1"}, {"branch", "-a"}, {"add", "file"}, {"commit", "-q", "--allow-empty", "-m", "x"},
		{"checkout", "-q", "-b", "b"}, {"checkout", "-q", "-"}, {"branch", "-q", "-D", "b"}, {"gc", "-q"},
	} {
		f.git(dir, args...)
	}
	if _, err := os.Lstat(f.marker()); err == nil {
		f.t.Error("git outside ran what was planted inside")
		_ = os.Remove(f.marker())
	}
}

func (f *fixture) marker() string { return filepath.Join(filepath.Dir(f.project), "ran") }

// plant tries each way to have git outside run something, in the repository at git.
func (f *fixture) plant(git string) spec.Command {
	evil := "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = touch " + f.marker() + "; false\n" +
		"\thooksPath = " + f.project + "/evil/hooks\n[alias]\n\tst = !touch " + f.marker() + "\n[diff]\n\texternal = touch " + f.marker() + "\n"
	script := `
cd GIT/..
mkdir -p evil/hooks evil/objects evil/refs; echo 'ref: refs/heads/main' > evil/HEAD
printf '%s' "$EVIL" > evil/config
printf '#!/bin/sh\ntouch MARKER\n' > evil/hooks/pre-commit; chmod +x evil/hooks/pre-commit
for h in post-checkout post-commit reference-transaction post-index-change pre-auto-gc; do cp evil/hooks/pre-commit evil/hooks/$h; done
cp evil/hooks/* .git/hooks/
cat evil/config >> .git/config
cp evil/config .git/config.lock; mv .git/config.lock .git/config; rm -f .git/config.lock
ln -sf ../evil/config .git/config
ln evil/config .git/config
mv .git/hooks .git/hooks2; rm -rf .git/hooks; ln -s ../evil/hooks .git/hooks
rmdir .git/hooks; mkdir .git/hooks; cp evil/hooks/* .git/hooks
cp evil/config .git/config.worktree
git config extensions.worktreeConfig true
git config core.fsmonitor 'touch MARKER'
mount -o remount,rw .git/config; umount .git/config; umount -l .git/hooks; umount -l .git
mv .git .git2 && cp -r evil .git
mkdir -p .git/info; echo '* diff=x filter=x' > .git/info/attributes; echo '* diff=x filter=x merge=x' > .gitattributes
true`
	c := shell(strings.NewReplacer("GIT", git, "MARKER", f.marker()).Replace(script))
	c.Env = []string{"EVIL=" + evil}
	return c
}

// Row 31: hooks and settings, planted by each user in each way.
func TestThreat31Git(t *testing.T) {
	f := newGit(t)
	f.up(f.spec())
	for _, root := range []bool{false, true} {
		c := f.plant(filepath.Join(f.project, ".git"))
		c.Root = root
		if a := f.exec(c); a.err != nil {
			t.Fatal(a.err)
		}
	}
	f.harmless(f.project)
}

// A file that git outside replaces takes the mount on it along: that is told.
func TestThreat31GitRewrittenOutside(t *testing.T) {
	f := newGit(t)
	f.up(f.spec())
	f.git(f.project, "config", "a.b", "c")
	for _, want := range []int{1, 0} {
		a := f.exec(shell("true"))
		if len(a.events) != want || want > 0 && !strings.Contains(a.events[0].Detail, "rewritten") {
			t.Errorf("told %+v, want %d", a.events, want)
		}
	}
	if _, err := f.Down(t.Context(), f.spec().ID, 0); err != nil {
		t.Fatal(err)
	}
	f.up(f.spec())
	if a := f.exec(shell("echo x >> .git/config")); a.exit.Code == 0 {
		t.Error("it is not protected again")
	}
}

// The project shown once more, at another place.
func TestThreat31GitByAnotherMount(t *testing.T) {
	f := newGit(t)
	s := f.spec()
	link := filepath.Join(f.project, "link")
	if err := os.Symlink(".git", link); err != nil {
		t.Fatal(err)
	}
	s.Mounts = []spec.Mount{
		{Type: "bind", Source: f.project, Target: "/again"},
		{Type: "bind", Source: link, Target: "/other/.git"},
		{Type: "bind", Source: filepath.Join(f.project, ".git/hooks"), Target: "/hooks"},
	}
	f.up(s)
	for _, dir := range []string{"/again/.git", "/other/.git"} {
		f.exec(f.plant(dir))
	}
	f.harmless(f.project)
	if a := f.exec(shell("touch /hooks/x")); a.exit.Code == 0 {
		t.Error("hooks can be written at /hooks")
	}
}

// What no mount keeps from appearing is undone when the command ends, also what
// another process inside does later.
func TestThreat31GitRedirected(t *testing.T) {
	for name, script := range map[string]string{
		"commondir": "echo ../evil > .git/commondir",
		"bare":      "rm .git/HEAD; cp -r evil/* .",
	} {
		t.Run(name, func(t *testing.T) {
			f := newGit(t)
			planting := f.plant(filepath.Join(f.project, ".git"))
			planting.Args[2] += "\n" + script
			f.good(f.run(f.spec(), planting))
			f.harmless(f.project)
			f.up(f.spec())
			a := f.exec(planting)
			f.good(a)
			if len(a.events) == 0 || a.events[len(a.events)-1].Name != "git" {
				t.Errorf("told: %+v", a.events)
			}
			f.git(f.project, "status")
			f.sh("(sleep 0.3; " + script + ") >/dev/null 2>&1 </dev/null &")
			if _, err := f.Down(t.Context(), f.spec().ID, 0); err != nil {
				t.Fatal(err)
			}
			f.harmless(f.project)
		})
	}
}

// Row 32: what is not there at the start.
func TestThreat32GitPathsToCome(t *testing.T) {
	for name, prepare := range map[string]func(*fixture){
		"no hooks":  func(f *fixture) { remove(f.t, filepath.Join(f.project, ".git/hooks")) },
		"no config": func(f *fixture) { remove(f.t, filepath.Join(f.project, ".git/config")) },
		"config of a worktree": func(f *fixture) {
			f.git(f.project, "config", "extensions.worktreeConfig", "true")
		},
		"hooks in the project": func(f *fixture) { f.git(f.project, "config", "core.hooksPath", "evil/hooks") },
	} {
		t.Run(name, func(t *testing.T) {
			f := newGit(t)
			prepare(f)
			f.up(f.spec())
			if a := f.exec(f.plant(filepath.Join(f.project, ".git"))); a.err != nil {
				t.Fatal(a.err)
			}
			f.harmless(f.project)
			if got := f.git(f.project, "status", "--porcelain", "--", ".husky"); got != "" {
				t.Errorf("the repository shows %q", got)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// A repository that is made inside can only be told of; from the next start on it is protected.
func TestThreat32GitMadeInside(t *testing.T) {
	f := newEngine(t)
	a := f.run(f.spec(), shell("git init -q ."))
	f.good(a)
	if len(a.events) != 1 || a.events[0].Name != "git" || !strings.Contains(a.events[0].Detail, "made inside") {
		t.Errorf("told: %+v", a.events)
	}
	if a := f.run(f.spec(), shell("touch .git/hooks/x || git config a.b c")); a.exit.Code == 0 {
		t.Error("it is not protected")
	}
}

// Row 33: a .git file of the repository's own making shows nothing of the host.
func TestThreat33GitFile(t *testing.T) {
	f := newGit(t)
	secret := filepath.Join(filepath.Dir(f.project), "secret")
	for _, name := range []string{"objects", "refs"} {
		if err := os.MkdirAll(filepath.Join(secret, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"HEAD", "config", "key"} {
		write(t, filepath.Join(secret, name), "secret")
	}
	victim := f.project
	f.project = filepath.Join(filepath.Dir(f.project), "hostile")
	for _, target := range []string{secret, victim + "/.git", "../secret", "../secret/key", "/proc/self/root" + secret} {
		if err := os.MkdirAll(f.project, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(f.project, ".git"), "gitdir: "+target+"\n")
		a := f.run(f.spec(), shell("ls "+target+" 2>/dev/null; ls -d "+secret+" "+victim))
		if a.out != "" {
			t.Errorf("%s: inside there is %q", target, a.out)
		}
		if len(a.events) == 0 || !strings.Contains(a.events[0].Detail, "is not used") {
			t.Errorf("%s: told %+v", target, a.events)
		}
	}
}
