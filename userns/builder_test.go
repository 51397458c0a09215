package userns

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

// plainBuilder works on a directory as the root: what does not mount needs no
// namespace. The tree is entries PATH=KIND[:TEXT], of dir, file, link and fifo.
func plainBuilder(t *testing.T, tree ...string) (b *builder, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, entry := range tree {
		makeEntry(t, dir, entry)
	}
	fd, err := sys.OpenPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(fd) })
	caller := Caller{UID: os.Getuid(), GID: os.Getgid()}
	return &builder{Inside: &Inside{Launch: Launch{IDs: caller.Map(caller.UID, caller.GID)}}, root: fd}, dir
}

func makeEntry(t *testing.T, dir, entry string) {
	t.Helper()
	name, what, _ := strings.Cut(entry, "=")
	kind, text, _ := strings.Cut(what, ":")
	at := filepath.Join(dir, name)
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	if err == nil {
		switch kind {
		case "dir":
			err = os.MkdirAll(at, 0o755)
		case "file":
			err = os.WriteFile(at, []byte(text), 0o644)
		case "link":
			err = os.Symlink(text, at)
		case "fifo":
			err = syscall.Mkfifo(at, 0o644)
		default:
			err = errors.New("no such kind")
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", entry, err)
	}
}

// wantNeeds demands a typed error.
func wantNeeds(t *testing.T, err error, needs string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Needs != needs {
		t.Errorf("got %v (%+v), want one that needs %q", err, e, needs)
	}
}

func wantText(t *testing.T, dir, name, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

// wantEmpty demands that nothing was made in a directory.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("%s holds %v, %v; want nothing", dir, entries, err)
	}
}

// wantSame demands that the descriptor is open on what is at path.
func wantSame(t *testing.T, fd int, path string) {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Error(err)
		return
	}
	got, err := sys.Fstat(fd)
	want, ok := st.Sys().(*syscall.Stat_t)
	if err != nil || !ok || got.Ino != want.Ino || got.Dev != want.Dev {
		t.Errorf("it is not open on %s (%v)", path, err)
	}
}

// descriptors counts the open ones.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
