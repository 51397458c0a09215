package userns_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestStartRefused: whatever fails inside is told outside, typed, and nothing is left.
func TestStartRefused(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS)
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	link := userns.Op{Kind: userns.OpSymlink, Source: "/elsewhere", Target: "/link"}
	file := userns.Op{Kind: userns.OpWrite, Target: "/file", Mode: 0o644}
	for _, c := range []struct {
		name  string
		root  *userns.Root
		ops   []userns.Op
		needs string
		path  string
		is    error
	}{
		{"a missing bind source", nil, []userns.Op{{Kind: userns.OpBind, Source: none, Target: "/x"}},
			userns.NeedsSource, none, fs.ErrNotExist},
		{"a missing lower directory", nil, []userns.Op{{Kind: userns.OpOverlay, Lower: none, Target: "/x"}},
			userns.NeedsRootfs, none, fs.ErrNotExist},
		{"a lower directory that is a file", nil, []userns.Op{{Kind: userns.OpOverlay, Lower: plain, Target: "/x"}},
			userns.NeedsOverlay, plain, nil},
		{"an upper directory that is a file", nil,
			[]userns.Op{{Kind: userns.OpOverlay, Lower: dir, Upper: plain, Work: plain, Target: "/x"}}, userns.NeedsOverlay, dir, nil},
		{"a root of a missing layer", &userns.Root{Kind: userns.RootOverlay, Lower: []string{none}}, nil,
			userns.NeedsRootfs, none, fs.ErrNotExist},
		{"a root directory without a parent", &userns.Root{Kind: userns.RootDir, Upper: none + "/below"}, nil,
			userns.NeedsRootfs, none + "/below", fs.ErrNotExist},
		{"a bind through a link", nil, []userns.Op{link, {Kind: userns.OpBind, Source: dir, Target: "/link/x"}},
			userns.NeedsTarget, "/link/x", nil},
		{"a tmpfs on a link", nil, []userns.Op{link, {Kind: userns.OpTmpfs, Target: "/link"}}, userns.NeedsTarget, "/link", nil},
		{"/proc is a link", nil, []userns.Op{
			{Kind: userns.OpSymlink, Source: "/elsewhere", Target: "/proc"}, {Kind: userns.OpProc, Target: "/proc"},
		}, userns.NeedsTarget, "/proc", nil},
		{"/dev is a link", nil, []userns.Op{
			{Kind: userns.OpSymlink, Source: dir, Target: "/dev"}, {Kind: userns.OpDev, Target: "/dev"},
		}, userns.NeedsTarget, "/dev", nil},
		{"a directory on a file", nil, []userns.Op{file, {Kind: userns.OpBind, Source: dir, Target: "/file"}},
			userns.NeedsTarget, "/file", nil},
		{"a file on a directory", nil, []userns.Op{{Kind: userns.OpMkdir, Target: "/d"}, {Kind: userns.OpBind, Source: plain, Target: "/d"}},
			userns.NeedsTarget, "/d", nil},
		{"a directory below a file", nil, []userns.Op{file, {Kind: userns.OpMkdir, Target: "/file/d"}},
			userns.NeedsTarget, "/file", nil},
		{"a mask through a link", nil, []userns.Op{link, {Kind: userns.OpMask, Target: "/link"}}, userns.NeedsTarget, "/link", syscall.ELOOP},
		{"an unknown step", nil, []userns.Op{{Kind: "nonsense", Target: "/x"}}, "", "/x", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := launch(t, task{}, c.ops...)
			if c.root != nil {
				l.Root = c.root
			}
			e := refused(t, l, role)
			if e.Needs != c.needs || e.Path != c.path || (c.is != nil && !errors.Is(e, c.is)) {
				t.Errorf("got %v, which needs %q on %q; want %q on %q, %v", e, e.Needs, e.Path, c.needs, c.path, c.is)
			}
		})
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the host's directory holds %v, %v", entries, err)
	}
}

// refused starts and demands a typed error, no process and no descriptor left.
func refused(t *testing.T, l userns.Launch, role string) *userns.Error {
	t.Helper()
	before := descriptors(t)
	p, err := userns.Start(role, l, userns.Stdio{Err: os.Stderr})
	if err == nil {
		p.Kill()
		_, _ = p.Wait()
		t.Fatal("it started")
	}
	var e *userns.Error
	if !errors.As(err, &e) || e.Op == "" {
		t.Fatalf("got %#v, want a typed error", err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are left", after-before)
	}
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		t.Errorf("process %d is left, %v", pid, err)
	}
	return e
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestStartOfADyingRole: a child that ends before it reports is told from one that fails.
func TestStartOfADyingRole(t *testing.T) {
	e := refused(t, launch(t, task{}), deadRole)
	// Where it has ended already, the kernel lets nobody write its maps.
	if e.Needs != "" && e.Op != "start init" && e.Op != "write" {
		t.Errorf("got %v", e)
	}
}

// TestBadMap: the kernel refuses it, or newuidmap does for those who need it.
func TestBadMap(t *testing.T) {
	l := launch(t, task{})
	l.IDs.UIDs = []userns.Extent{{ContainerID: 0, HostID: 0, Size: 10}, {ContainerID: 5, HostID: 100, Size: 10}}
	want := userns.NeedsSubIDs
	if os.Geteuid() == 0 {
		want = userns.NeedsUserNamespaces
	}
	if e := refused(t, l, role); e.Needs != want {
		t.Errorf("got %v, which needs %q; want %q", e, e.Needs, want)
	}
}

// TestMapOfAnother: nobody maps an id that is not theirs.
func TestMapOfAnother(t *testing.T) {
	l := launch(t, task{})
	l.IDs = userns.Caller{UID: os.Getuid() + 1, GID: os.Getgid() + 1}.Map(0, 0)
	if os.Geteuid() == 0 { // but root
		s, _ := run(t, userns.Launch{IDs: l.IDs, Payload: payload(t, task{Do: "look"})})
		if s.UID != 65534 {
			t.Errorf("it runs as %d inside", s.UID)
		}
		return
	}
	if e := refused(t, l, role); e.Needs != userns.NeedsUserNamespaces || !errors.Is(e, fs.ErrPermission) {
		t.Errorf("got %v, which needs %q", e, e.Needs)
	}
}

// TestUsersOfTheImage: a FIFO in place of /etc/passwd makes nothing wait (CVE-2024-9676).
func TestUsersOfTheImage(t *testing.T) {
	usernstest.Require(t, usernstest.UserNS)
	image := t.TempDir()
	if err := os.Mkdir(filepath.Join(image, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(image, "etc/passwd"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := launch(t, task{})
	l.Root = &userns.Root{Kind: userns.RootDir, Upper: image}
	l.User = &userns.Account{Name: "me", UID: os.Getuid(), GID: os.Getgid(), Home: "/"}
	e := refused(t, l, role)
	if e.Needs != userns.NeedsRootfs || e.Path != "/etc/passwd" || !strings.Contains(e.Error(), "not a regular file") {
		t.Errorf("got %v, which needs %q", e, e.Needs)
	}
}
