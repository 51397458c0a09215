package sandbox_test

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns"
)

// Rows 5 and 6: a kernel file system's place is a link out of the image.
func TestThreat06KernelDirectoryIsALink(t *testing.T) {
	for _, name := range []string{"proc", "dev", "sys"} {
		for _, packed := range []bool{false, true} {
			t.Run(name+map[bool]string{false: " of a directory", true: " of an archive"}[packed], func(t *testing.T) {
				f := newEngine(t)
				victim := t.TempDir()
				write(t, filepath.Join(victim, "null"), "mine")
				image := newRootfs(t)
				if err := os.Symlink(victim, filepath.Join(image, name)); err != nil {
					t.Fatal(err)
				}
				if packed {
					image = archiveOf(t, image)
				}
				_, _, err := f.Up(t.Context(), onRootfs(f.spec(), image), sandbox.UpOptions{}, nil)
				var refused *userns.Error
				if !errors.As(err, &refused) {
					t.Errorf("got %v, want a refusal", err)
				}
				if got := names(t, victim); len(got) != 1 || read(t, filepath.Join(victim, "null")) != "mine" {
					t.Errorf("the link's target holds %v", got)
				}
			})
		}
	}
}

func TestThreat07MountTargetThroughLink(t *testing.T) {
	for _, way := range []string{"absolute", "upward"} {
		t.Run(way, func(t *testing.T) {
			f := newEngine(t)
			victim := t.TempDir()
			image := newRootfs(t)
			to := victim
			if way == "upward" {
				to = strings.Repeat("../", 30) + strings.TrimPrefix(victim, "/")
			}
			if err := os.Symlink(to, filepath.Join(image, "link")); err != nil {
				t.Fatal(err)
			}
			s := onRootfs(f.spec(), image)
			s.Mounts = append(s.Mounts, spec.Mount{Type: "bind", Source: f.project, Target: "/link/x/y"})
			_, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil)
			var refused *userns.Error
			if !errors.As(err, &refused) || refused.Needs != userns.NeedsTarget {
				t.Errorf("got %v, want a refused target", err)
			}
			if got := names(t, victim); len(got) > 0 {
				t.Errorf("made outside: %v", got)
			}
		})
	}
}

// A link in the project could have the mount's place made in another of the caller's directories.
func TestThreat07MountTargetThroughLinkInProject(t *testing.T) {
	f := newEngine(t)
	if err := os.Symlink("/usr", filepath.Join(f.project, "link")); err != nil {
		t.Fatal(err)
	}
	s := f.spec()
	s.Mounts = append(s.Mounts, spec.Mount{Type: "tmpfs", Target: f.project + "/link/x"})
	_, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil)
	var refused *userns.Error
	if !errors.As(err, &refused) || refused.Needs != userns.NeedsTarget {
		t.Errorf("got %v, want a refused target", err)
	}
}

func TestThreat13DeviceInArchive(t *testing.T) {
	f := newEngine(t)
	image := archiveOf(t, newRootfs(t),
		&tar.Header{Name: "mem", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 1},
		&tar.Header{Name: "disk", Typeflag: tar.TypeBlock, Mode: 0o666, Devmajor: 8})
	f.up(onRootfs(f.spec(), image))
	got := f.probe("files", "/mem", "/disk", "/etc/hostname")
	if !strings.Contains(got["/mem"], "no such file") || !strings.Contains(got["/disk"], "no such file") {
		t.Errorf("got %v, want no devices", got)
	}
	if got["/etc/hostname"] != "test\n" {
		t.Errorf("got %q, want the name of the sandbox", got["/etc/hostname"])
	}
	for _, dir := range []string{f.data, f.runtime} {
		st, err := os.Stat(dir)
		if err != nil || st.Mode().Perm() != 0o700 {
			t.Errorf("%s: got %v, %v; want 0700", dir, st.Mode(), err)
		}
	}
}

func TestThreat15PasswdIsAFIFO(t *testing.T) {
	for _, mode := range []string{spec.UserKeep, spec.UserName} {
		t.Run(mode, func(t *testing.T) {
			f := newEngine(t)
			image := newRootfs(t)
			passwd := filepath.Join(image, "etc/passwd")
			if err := errors.Join(os.Remove(passwd), syscall.Mkfifo(passwd, 0o666)); err != nil {
				t.Fatal(err)
			}
			s := onRootfs(f.spec(), image)
			if mode == spec.UserName {
				s.User = spec.User{Mode: spec.UserName, Asked: "dev", Name: "dev"}
			}
			inTime(t, func() {
				if _, _, err := f.Up(t.Context(), s, sandbox.UpOptions{}, nil); err == nil {
					t.Error("it is taken for a file")
				}
			})
		})
	}
}

func TestThreat15PasswdBecomesAFIFO(t *testing.T) {
	f := newEngine(t)
	f.up(f.spec())
	f.good(f.exec(asRoot(shell("rm /etc/passwd && mkfifo /etc/passwd"))))
	inTime(t, func() {
		if a := f.exec(spec.Command{Args: []string{"/bin/true"}, User: "daemon"}); a.err == nil {
			t.Errorf("it is taken for a file: %+v", a.exit)
		}
		f.sh("true") // others are not affected
	})
}
