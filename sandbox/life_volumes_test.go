package sandbox_test

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func volumeAt(name, target string) spec.Mount {
	return spec.Mount{Type: "volume", Source: name, Target: target}
}

// databaseImage has a directory of another user, as packages of databases make it.
func databaseImage(t *testing.T) string {
	t.Helper()
	return archiveOf(t, newRootfs(t),
		&tar.Header{Typeflag: tar.TypeDir, Name: "var/lib/db/", Mode: 0o700, Uid: 999, Gid: 998},
		&tar.Header{Typeflag: tar.TypeDir, Name: "var/lib/db/conf/", Mode: 0o750, Uid: 999, Gid: 998},
		&tar.Header{Typeflag: tar.TypeReg, Name: "var/lib/db/seed", Mode: 0o640, Uid: 999, Gid: 998},
		&tar.Header{Typeflag: tar.TypeDir, Name: "var/lib/empty/", Mode: 0o755},
	)
}

func TestVolumeBeginsAsTheImageHasIt(t *testing.T) {
	f := newEngine(t)
	s := onRootfs(f.spec(), databaseImage(t))
	s.Mounts = append(s.Mounts, volumeAt("db", "/var/lib/db"), volumeAt("mine", "/var/lib/empty"), volumeAt("new", "/srv/new"))
	f.up(s)
	me := os.Getuid()
	for name, c := range map[string]struct {
		path   string
		others bool // it belongs to somebody else than the caller
		mode   os.FileMode
	}{
		"top":           {f.volume("db"), true, 0o700},
		"directory":     {f.volume("db") + "/conf", true, 0o750},
		"file":          {f.volume("db") + "/seed", true, 0o640},
		"empty, root's": {f.volume("mine"), false, 0o755},
		"not there":     {f.volume("new"), false, 0o755},
	} {
		st, err := os.Lstat(c.path)
		if err != nil {
			if name == "directory" || name == "file" {
				continue // not for the caller to see: the top is another's
			}
			t.Fatal(err)
		}
		uid := int(st.Sys().(*syscall.Stat_t).Uid)
		if others := uid != me; others != (c.others && s.IDs == spec.IDsRange) || st.Mode().Perm() != c.mode {
			t.Errorf("%s: belongs to %d, mode %o", name, uid, st.Mode().Perm())
		}
	}
	got := f.results(f.exec(asRoot(probing(t, "files", "/var/lib/db/seed", "/var/lib/db"))))
	if strings.Contains(got["/var/lib/db/seed"], "error") || !strings.Contains(got["/var/lib/db"], "conf") {
		t.Errorf("got %v", got)
	}
	if got := f.probe("write", "x", "/var/lib/empty/a", "/srv/new/a"); got["/var/lib/empty/a"] != "ok" || got["/srv/new/a"] != "ok" {
		t.Errorf("the user's own: %v", got)
	}
	// What was written stays; nothing is filled a second time.
	f.results(f.exec(asRoot(probing(t, "write", "x", "/var/lib/db/more"))))
	if err := f.Remove(t.Context(), s.ID, false); err != nil {
		t.Fatal(err)
	}
	f.up(s)
	if got := f.results(f.exec(asRoot(probing(t, "files", "/var/lib/db")))); !strings.Contains(got["/var/lib/db"], "more") {
		t.Errorf("got %v", got)
	}
}

// volume is where the project's volume lies on the host.
func (f *fixture) volume(name string) string {
	f.t.Helper()
	v, err := f.Volume(f.t.Context(), sandbox.VolumeID(f.project, name))
	if err != nil {
		f.t.Fatal(err)
	}
	return v.Path
}

func TestVolumeInUseIsNotRemoved(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Mounts = append(s.Mounts, volumeAt("v", "/mnt/v"))
	id := sandbox.VolumeID(f.project, "v")
	var busy *sandbox.VolumeInUseError
	f.up(s)
	f.sh("echo kept > /mnt/v/file")
	for _, force := range []bool{false, true} {
		if err := f.RemoveVolume(t.Context(), id, force); !errors.As(err, &busy) || !busy.Running || busy.By[0] != s.Name {
			t.Errorf("running, force %v: got %v", force, err)
		}
	}
	f.down()
	if err := f.RemoveVolume(t.Context(), id, false); !errors.As(err, &busy) || busy.Running {
		t.Errorf("stopped: got %v", err)
	}
	if v, err := f.Volume(t.Context(), id); err != nil || v.Size != 5 || v.Project != f.project || len(v.UsedBy) != 1 || v.UsedBy[0].Target != "/mnt/v" {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := f.RemoveVolume(t.Context(), id, true); err != nil {
		t.Errorf("stopped, with force: %v", err)
	}
	var none *sandbox.NoVolumeError
	if err := f.RemoveVolume(t.Context(), id, true); !errors.As(err, &none) {
		t.Errorf("gone: got %v", err)
	}
	f.up(s)
	if got := f.sh("ls /mnt/v"); got != "" {
		t.Errorf("the next one holds %s", got)
	}
}

// A command of run is seen too, though no state names it.
func TestVolumeOfARunIsNotRemoved(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Mounts = append(s.Mounts, volumeAt("v", "/mnt/v"))
	s.Caches = []spec.Cache{{Name: "npm"}}
	c := f.helper("run", s, shell("echo > /mnt/v/begun; sleep 60"))
	start(t, c)
	id := sandbox.VolumeID(f.project, "v")
	eventually(t, "it runs", func() bool {
		v, err := f.Volume(t.Context(), id)
		return err == nil && len(names(t, v.Path)) > 0
	})
	var busy *sandbox.VolumeInUseError
	if err := f.RemoveVolume(t.Context(), id, true); !errors.As(err, &busy) {
		t.Errorf("got %v", err)
	}
	var cache *sandbox.CacheInUseError
	if _, err := f.PruneCaches(t.Context(), []string{"npm"}, false); !errors.As(err, &cache) {
		t.Errorf("got %v", err)
	}
	kill(c)
	eventually(t, "it is free", func() bool { return f.RemoveVolume(t.Context(), id, false) == nil })
}

// Two sandboxes of a project share it, two projects do not.
func TestVolumeIsTheProjects(t *testing.T) {
	f := newEngine(t)
	s := f.spec()
	s.Mounts = append(s.Mounts, volumeAt("v", "/mnt/v"))
	f.good(f.run(s, shell("echo here > /mnt/v/file")))
	if got := f.good(f.run(s, shell("cat /mnt/v/file"))); got != "here" {
		t.Errorf("got %q", got)
	}
	other := newEngineAt(t, f.data, f.runtime, filepath.Join(filepath.Dir(f.project), "other"))
	s2 := other.spec()
	s2.Mounts = append(s2.Mounts, volumeAt("v", "/mnt/v"))
	if got := other.good(other.run(s2, shell("ls /mnt/v"))); got != "" {
		t.Errorf("the other project has %q", got)
	}
	// rm --volumes leaves what another sandbox of the project has.
	second := s
	second.ID, second.Instance, second.Name = sandbox.ID(f.project, "b"), "b", "second"
	f.up(s)
	f.up(second)
	for _, id := range []string{s.ID, second.ID} {
		if got := read(t, f.volume("v")+"/file"); got != "here\n" {
			t.Errorf("got %q", got)
		}
		if err := f.Remove(t.Context(), id, true); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{sandbox.VolumeID(f.project, "v"), sandbox.VolumeID(other.project, "v")} {
		var none *sandbox.NoVolumeError
		if err := f.RemoveVolume(t.Context(), id, false); errors.As(err, &none) != strings.HasPrefix(id, sandbox.VolumeID(f.project, "v")) {
			t.Errorf("%s: got %v", id, err)
		}
	}
}

func TestVolumeOfOtherIDsIsRefused(t *testing.T) {
	f := newEngine(t)
	s := onRootfs(f.spec(), newRootfs(t))
	if s.IDs == spec.IDsSingle || s.User.UID == 0 {
		return // all ids are one, or they are the same
	}
	s.Mounts = append(s.Mounts, volumeAt("v", "/mnt/v"))
	f.good(f.run(s, probing(t, "files", "/mnt/v")))
	s.User = spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"}
	var ve *sandbox.VolumeError
	if a := f.run(s, probing(t, "files", "/mnt/v")); !errors.As(a.err, &ve) {
		t.Errorf("got %v", a.err)
	}
	if err := f.RemoveVolume(t.Context(), sandbox.VolumeID(f.project, "v"), false); err != nil {
		t.Error(err)
	}
}

// Many at once fill it once.
func TestVolumeIsFilledOnceByManyAtOnce(t *testing.T) {
	f := newEngine(t)
	s := onRootfs(f.spec(), databaseImage(t))
	s.Mounts = append(s.Mounts, volumeAt("db", "/var/lib/db"))
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			a := f.run(s, asRoot(probing(t, "files", "/var/lib/db/seed")))
			if a.err != nil || strings.Contains(a.out, "error") {
				t.Errorf("got %v, %s", a.err, a.out)
			}
		})
	}
	all.Wait()
	if err := f.RemoveVolume(t.Context(), sandbox.VolumeID(f.project, "db"), false); err != nil {
		t.Error(err)
	}
}
