package sandbox_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

func TestLifeWorkspaceModes(t *testing.T) {
	f := newEngine(t)
	write(t, filepath.Join(f.project, "file"), "old")
	s := f.spec()
	s.Workspace.Mode = "ro"
	f.up(s)
	for _, c := range []spec.Command{shell("echo new > file"), asRoot(shell("rm file"))} {
		if a := f.exec(c); a.err != nil || a.exit.Code == 0 {
			t.Errorf("read-only: got %+v, %v", a.exit, a.err)
		}
	}
	s.Workspace.Mode = "overlay"
	f.up(s)
	f.sh("echo new > file; echo x > other")
	f.down()
	f.up(s)
	if got := f.sh("cat file other"); got != "new\nx" {
		t.Errorf("overlay: got %q inside", got)
	}
	if got := names(t, f.project); len(got) != 1 || read(t, filepath.Join(f.project, "file")) != "old" {
		t.Errorf("overlay: the project holds %v", got)
	}
}

func TestLifeWorkspaceTarget(t *testing.T) {
	f := newEngine(t)
	for _, target := range []string{"/workspace", "/srv/deep/down", host(t).Home + "/project"} {
		s := f.spec()
		s.Workspace.Target = target
		if got := f.good(f.run(s, shell("pwd; echo x > made"))); got != target {
			t.Errorf("got %q, want %q", got, target)
		}
	}
}

func TestLifeMounts(t *testing.T) {
	f := newEngine(t)
	source := t.TempDir()
	write(t, filepath.Join(source, "file"), "host")
	s := f.spec()
	s.Mounts = append(s.Mounts,
		spec.Mount{Type: "bind", Source: source, Target: "/mnt/rw"},
		spec.Mount{Type: "bind", Source: source, Target: "/mnt/ro", ReadOnly: true},
		spec.Mount{Type: "bind", Source: filepath.Join(source, "file"), Target: s.User.Home + "/.config/file"},
		spec.Mount{Type: "volume", Source: "../cache:x", Target: "/var/cache/x"},
		spec.Mount{Type: "tmpfs", Target: "/mnt/tmp", Size: 1 << 20})
	f.up(s)
	f.sh("echo a > /mnt/rw/a && echo v > /var/cache/x/v && echo t > /mnt/tmp/t && cat ~/.config/file && mkdir ~/.config/more")
	for what, script := range map[string]string{
		"write to a read-only mount": "echo x > /mnt/ro/x", "exceed a size": "head -c 2097152 /dev/zero > /mnt/tmp/big",
	} {
		if a := f.exec(shell(script)); a.err != nil || a.exit.Code == 0 {
			t.Errorf("%s: got %+v, %v", what, a.exit, a.err)
		}
	}
	for script, want := range map[string]string{
		"awk '$5 ~ \"^/mnt/|^/var/cache/x\" { print $5, $6 }' /proc/self/mountinfo | grep -cv nosuid": "0",
		"cat /mnt/ro/a": "a",
	} {
		if a := f.exec(shell(script)); a.out != want {
			t.Errorf("%s: got %q, want %q", script, a.out, want)
		}
	}
	f.down()
	f.up(s)
	if got := f.sh("cat /var/cache/x/v; ls /mnt/tmp"); got != "v" {
		t.Errorf("got %q after down and up", got)
	}
	if got := read(t, filepath.Join(source, "a")); got != "a\n" {
		t.Errorf("got %q on the host", got)
	}
	if err := f.Remove(t.Context(), s.ID, true); err != nil || len(names(t, filepath.Join(f.data, "volumes"))) > 0 {
		t.Errorf("volumes left: %v, %v", names(t, filepath.Join(f.data, "volumes")), err)
	}
}

func TestLifeMountIsRefused(t *testing.T) {
	f := newEngine(t)
	write(t, filepath.Join(f.project, "file"), "")
	for _, m := range []spec.Mount{
		{Type: "bind", Source: filepath.Join(f.project, "none"), Target: "/mnt/x"},
		{Type: "bind", Source: f.project, Target: f.project + "/file"},
		{Type: "bind", Source: filepath.Join(f.project, "file"), Target: "/usr/bin"},
		{Type: "bind", Source: f.project, Target: "/usr/no/such/place"}, // read-only
	} {
		s := f.spec()
		s.Mounts = append(s.Mounts, m)
		var ue *userns.Error
		if a := f.run(s, shell("true")); !errors.As(a.err, &ue) || ue.Path == "" {
			t.Errorf("%+v: got %v", m, a.err)
		}
		if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); !errors.As(err, &ue) {
			t.Errorf("%+v: got %v", m, err)
		}
	}
	if left := names(t, filepath.Join(f.data, "sandboxes")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestLifeChanges(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	first := f.up(s)
	f.sh("echo kept > ~/kept")
	changed := s
	changed.Env = append([]string{"NEW=1"}, s.Env...)
	var notes []string
	info, started, err := f.Up(t.Context(), changed, sandbox.UpOptions{}, func(e spec.Event) {
		if e.Kind == "note" {
			notes = append(notes, e.Detail)
		}
	})
	if err != nil || started || info.PID != first.PID || strings.Join(notes, " ") != "env: +NEW" {
		t.Errorf("got %+v, %v, %v, notes %v", info, started, err, notes)
	}
	if got := f.sh("echo $NEW; cat ~/kept"); got != "1\nkept" {
		t.Errorf("got %q", got)
	}
	var ce *sandbox.ChangedError
	if _, _, err := f.Up(t.Context(), onRootfs(s, newRootfs(t)), sandbox.UpOptions{}, nil); !errors.As(err, &ce) || ce.What[0].Part != "image" || ce.Lost.Files != 1 {
		t.Errorf("got %v, want the image", err)
	}
	if got := f.sh("cat ~/kept"); got != "kept" {
		t.Errorf("got %q after the refusal", got)
	}
	other := s
	other.Project = filepath.Dir(f.project)
	if _, _, err := f.Up(t.Context(), other, sandbox.UpOptions{}, nil); err == nil {
		t.Error("a sandbox of another project is taken for this one")
	}
}

func TestLifeDamagedState(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.down()
	id := sandbox.ID(f.project, "")
	write(t, filepath.Join(f.data, "sandboxes", id, "state.json"), "}{")
	if list, err := f.List(t.Context()); err != nil || len(list) != 1 || list[0].Status != spec.Dead {
		t.Errorf("got %+v, %v", list, err)
	}
	if _, _, err := f.Up(t.Context(), f.spec(), sandbox.UpOptions{}, nil); err == nil {
		t.Error("it is guessed at")
	}
	if err := f.Remove(t.Context(), id, false); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(f.data, "sandboxes", id)); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

// TestLifeProjectOfAGroup: a project that several people share belongs to a group of theirs, which
// is mapped to nothing inside.
func TestLifeProjectOfAGroup(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS, usernstest.Group)
	f := newEngine(t)
	group, _ := usernstest.OtherGroup()
	for _, dir := range []string{filepath.Dir(f.project), f.project} {
		if err := errors.Join(os.Chown(dir, -1, group), os.Chmod(dir, 0o770|os.ModeSetgid)); err != nil {
			t.Fatal(err)
		}
	}
	f.up(f.spec())
	for _, c := range []spec.Command{shell("echo x > mine && cat mine"), asRoot(shell("echo x > roots && cat roots"))} {
		if got := f.good(f.exec(c)); got != "x" {
			t.Errorf("%v: got %q", c, got)
		}
	}
}
