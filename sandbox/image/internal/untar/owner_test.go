package untar

import (
	"archive/tar"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/untartest"
)

func TestOwners(t *testing.T) { untartest.Inside(t, testOwnersInside) }

func testOwnersInside(t *testing.T, ids int) {
	id := 0
	if ids > 1 {
		id = 1000
	}
	root := confined(t)
	su := file("d/su", "x")
	su.Mode = 0o6755
	data := archive(t, owned(dir("d", 0o700), id), owned(su, id), owned(symlink("d/l", "/etc/passwd"), id), owned(special('6', "d/p"), id))
	if _, err := extract(t, root, data, Options{ChownMode: Apply}); err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(root, "d/su"), fs.ModeSetuid|fs.ModeSetgid|0o755)
	for _, name := range []string{"d", "d/su", "d/l", "d/p"} {
		var st syscall.Stat_t
		if err := syscall.Lstat(filepath.Join(root, name), &st); err != nil || st.Uid != uint32(id) || st.Gid != uint32(id) {
			t.Errorf("%s belongs to %d:%d (%v)", name, st.Uid, st.Gid, err)
		}
	}
	for _, uid := range []int{70000, -1, 1<<32 - 1, 1 << 40} {
		_, err := extract(t, confined(t), archive(t, owned(file("f", ""), uid)), Options{ChownMode: Apply})
		var owner *OwnerError
		if !errors.As(err, &owner) || owner.UID != uid {
			t.Errorf("owner %d: got %v", uid, err)
		}
	}
}

func owned(it item, uid int) item {
	it.Uid, it.Gid = uid, uid
	return it
}

func TestOwnersAreNoted(t *testing.T) { untartest.Inside(t, testOwnersAreNoted) }

func testOwnersAreNoted(t *testing.T, _ int) {
	root := confined(t)
	su := owned(file("d/su", "x"), 33)
	su.Mode, su.Gid = 0o4750, 4
	forged := file("forged", "")
	forged.PAXRecords = map[string]string{paxXattr + ondisk.Owner: "1:2:0777:file"}
	s := mustExtract(t, root, owned(dir("d", 0o1770), 33), su, owned(symlink("d/l", "x"), 33), owned(special(tar.TypeFifo, "d/p"), 33),
		owned(dir("again", 0o700), 33), dir("again", 0o700), file("roots", ""), forged, owned(file("none", ""), -1))
	for path, want := range map[string]string{"d": "33:33:1770:dir", "d/su": "33:4:4750:file", "again": "", "roots": "", "forged": "", "none": ""} {
		if got := attribute(t, filepath.Join(root, path), ondisk.Owner); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(filepath.Join(root, path), &st); err != nil || st.Uid != 0 || st.Gid != 0 {
			t.Errorf("%s: %v, %d:%d", path, err, st.Uid, st.Gid)
		}
	}
	wantMode(t, filepath.Join(root, "d/su"), fs.ModeSetuid|0o750)
	if s.SkippedTotal != 2 { // the forged one, and the owner that nobody can be
		t.Errorf("skipped %q", s.Skipped)
	}
	// A second archive that says root takes the note away.
	mustExtract(t, root, dir("d", 0o755), file("d/su", "x"))
	for _, path := range []string{"d", "d/su"} {
		if got := attribute(t, filepath.Join(root, path), ondisk.Owner); got != "" {
			t.Errorf("%s: %q is left", path, got)
		}
	}
}

// TestCapabilities: those of a program count for the root inside, whoever made the archive.
func TestCapabilities(t *testing.T) { untartest.Inside(t, testCapabilities) }

func testCapabilities(t *testing.T, ids int) {
	const second = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	third := "\x01\x00\x00\x03" + second[4:] + "\xa0\x86\x01\x00" // of root 100000
	capable := func(name, value string) item {
		it := owned(file(name, "x"), ids/2) // whose change of owner would lose them
		it.Mode = 0o755
		it.PAXRecords = map[string]string{paxXattr + ondisk.Capability: value}
		return it
	}
	root := confined(t)
	data := archive(t, capable("second", second), capable("third", third), capable("none", "junk"))
	s, err := extract(t, root, data, Options{ChownMode: Apply})
	if ids == 1 {
		s, err = extract(t, root, data, Options{})
	}
	if err != nil || s.SkippedTotal != 1 {
		t.Fatal(s, err)
	}
	for name, want := range map[string]string{"second": second, "third": second, "none": ""} {
		if got := attribute(t, filepath.Join(root, name), ondisk.Capability); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func attribute(t testing.TB, path, name string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	value, _, err := ondisk.Attribute(int(f.Fd()), name)
	if err != nil {
		t.Errorf("%s: %s: %v", path, name, err)
	}
	return value
}
