package changes

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/untartest"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestRoundTrip: what was unpacked of a layer is what the layer was made of,
// and makes the same layer again, bit for bit.
func TestRoundTrip(t *testing.T) { untartest.Inside(t, testRoundTrip) }

func testRoundTrip(t *testing.T, ids int) {
	apply := untar.Options{ChownMode: untar.Apply}
	for name, o := range map[string]Options{"upper directory": {}, "whole tree": {Whole: true}} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, ids)
			if !o.Whole {
				hideSome(t, root)
			}
			layer := layerOf(t, root, o)
			got := unpack(t, layer, apply)
			same(t, "unpacked", describe(t, got), describe(t, root))
			if !bytes.Equal(layerOf(t, root, o), layer) || !bytes.Equal(layerOf(t, got, o), layer) {
				t.Error("the layer differs")
			}
			compared(t, layer, root, o)
			all := entries(t, layer)
			for link, first := range map[string]string{"d/e/link": "a-link", "d/file": "a-link", "long2": "long"} {
				got, want := *all[link], *all[first]
				if got.Linkname != first || got.Uid != want.Uid || got.Gid != want.Gid || got.Mode != want.Mode || got.PAXRecords["SCHILY.xattr.user.kept"] != want.PAXRecords["SCHILY.xattr.user.kept"] {
					t.Errorf("%s is %+v, not %+v", link, got, want)
				}
			}
		})
	}
}

// compared has GNU tar look at the layer, and at the files where it can.
func compared(t *testing.T, layer []byte, root string, o Options) {
	t.Helper()
	list := exec.Command("tar", "-t")
	list.Stdin = bytes.NewReader(layer)
	if out, err := list.CombinedOutput(); err != nil || !o.Whole == !strings.Contains(string(out), "d/.wh.gone\n") {
		t.Errorf("tar: %v: %s", err, out)
	}
	if !o.Whole {
		return
	}
	diff := exec.Command("tar", "--compare", "--xattrs", "--numeric-owner", "-C", root)
	diff.Stdin = bytes.NewReader(layer)
	if out, err := diff.CombinedOutput(); err != nil {
		t.Errorf("tar: %v: %s", err, out)
	}
}

// TestSingle: owners that one id cannot have come out as they went in.
func TestSingle(t *testing.T) { untartest.Inside(t, testSingle) }

func testSingle(t *testing.T, _ int) {
	in := archive(t,
		tar.Header{Typeflag: tar.TypeDir, Name: "d/", Mode: 0o1770, Uid: 33, Gid: 4},
		tar.Header{Typeflag: tar.TypeReg, Name: "d/f", Mode: 0o4750, Uid: 33, Gid: 4},
		tar.Header{Typeflag: tar.TypeReg, Name: "root", Mode: 0o600})
	dir := unpack(t, in, untar.Options{})
	must(t, os.Chmod(filepath.Join(dir, "root"), 0o640), os.Chmod(filepath.Join(dir, "d/f"), 0o640)) // as somebody inside may
	want := map[string][3]int64{"d/": {33, 4, 0o1770}, "d/f": {33, 4, 0o640}, "root": {0, 0, 0o640}}
	for name, h := range entries(t, layerOf(t, dir, Options{Single: true})) {
		if w, ok := want[name]; ok && [3]int64{int64(h.Uid), int64(h.Gid), h.Mode} != w {
			t.Errorf("%s: %d:%d %o", name, h.Uid, h.Gid, h.Mode)
		}
		if len(h.PAXRecords) > 0 && h.PAXRecords["mtime"] == "" {
			t.Errorf("%s has %q", name, h.PAXRecords)
		}
	}
	for name, h := range entries(t, layerOf(t, dir, Options{})) {
		if h.Uid != 0 || h.Gid != 0 {
			t.Errorf("%s: the note counts although owners can be applied", name)
		}
	}
}

// TestOfAnOverlay: the upper directory that the kernel wrote becomes a layer
// that shows the same on top of the same.
func TestOfAnOverlay(t *testing.T) {
	usernstest.Require(t, usernstest.Overlay)
	untartest.Inside(t, testOfAnOverlay)
}

func testOfAnOverlay(t *testing.T, ids int) {
	temp := t.TempDir()
	at := func(name string) string { return filepath.Join(temp, name) }
	lower := tree(t, ids)
	for _, dir := range []string{"upper", "work", "merged"} {
		must(t, os.Mkdir(at(dir), 0o755))
	}
	mount := func(options string) {
		t.Helper()
		must(t, syscall.Mount("overlay", at("merged"), "overlay", 0, "userxattr,"+options))
	}
	unmount := func() { t.Helper(); must(t, syscall.Unmount(at("merged"), 0)) }
	mount("lowerdir=" + lower + ",upperdir=" + at("upper") + ",workdir=" + at("work"))
	in := func(name string) string { return at("merged/" + name) }
	must(t, os.Remove(in("d/link")), os.Remove(in("fifo")), // two whiteouts, which are one inode
		os.RemoveAll(in("empty")), os.Mkdir(in("empty"), 0o711), // opaque
		os.RemoveAll(in("d/e")), os.WriteFile(in("d/e"), []byte("a file"), 0o600),
		os.Rename(in("d/su"), in("d/renamed")), os.Chmod(in("d/none"), 0o640), os.Mkdir(in("new"), 0o750),
		os.Link(in("d/file"), in("new/link")), os.Truncate(in("sparse"), 5))
	write(t, in("empty/new"), "x", 0o644)
	want := describe(t, at("merged"))
	unmount()

	layer := layerOf(t, at("upper"), Options{})
	again := unpack(t, layer, untar.Options{ChownMode: untar.Apply})
	mount("lowerdir=" + again + ":" + lower)
	got := describe(t, at("merged"))
	unmount()
	same(t, "overlay", got, want)
	names := entries(t, layer)
	for _, name := range []string{"d/.wh.link", ".wh.fifo", "empty/.wh..wh..opq", "d/.wh.su"} {
		if h, ok := names[name]; !ok || h.Typeflag != tar.TypeReg || h.Size != 0 || !h.ModTime.Equal(zeroTime()) {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

// TestWhiteoutsByAttribute: the form for kernels and filters that refuse devices.
func TestWhiteoutsByAttribute(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"marked", "plain", "opaque"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
		write(t, filepath.Join(dir, name, "empty"), "", 0o600)
		write(t, filepath.Join(dir, name, "gone"), "", 0o600)
		set(t, filepath.Join(dir, name, "gone"), ondisk.Whiteout, "y")
		write(t, filepath.Join(dir, name, "full"), "x", 0o600)
		set(t, filepath.Join(dir, name, "full"), ondisk.Whiteout, "y")
	}
	set(t, filepath.Join(dir, "marked"), ondisk.Opaque, ondisk.OpaqueMarked)
	set(t, filepath.Join(dir, "opaque"), ondisk.Opaque, ondisk.OpaqueYes)
	want := []string{"./", "marked/", "marked/.wh.gone", "marked/empty", "marked/full", "opaque/", "opaque/.wh..wh..opq",
		"opaque/empty", "opaque/full", "opaque/gone", "plain/", "plain/empty", "plain/full", "plain/gone"}
	if got := sorted(entries(t, layerOf(t, dir, Options{}))); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestWhiteoutsBelowAnOpaqueDirectoryHideNothing(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o755), syscall.Mknod(filepath.Join(dir, "a/b/gone"), syscall.S_IFCHR, 0),
		syscall.Mknod(filepath.Join(dir, "gone"), syscall.S_IFCHR, 0))
	set(t, filepath.Join(dir, "a"), ondisk.Opaque, ondisk.OpaqueYes)
	set(t, filepath.Join(dir, "a/b"), ondisk.Opaque, ondisk.OpaqueYes)
	want := []string{"./", ".wh.gone", "a/", "a/.wh..wh..opq", "a/b/"}
	if got := sorted(entries(t, layerOf(t, dir, Options{}))); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".wh.name"), "x", 0o600)
	write(t, filepath.Join(dir, "f"), "x", 0o600)
	set(t, filepath.Join(dir, "f"), "user.a=b", "x")
	must(t, os.Mkdir(filepath.Join(dir, "proc"), 0o755))
	write(t, filepath.Join(dir, "proc/x"), "x", 0o600)
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	must(t, err)
	defer func() { _ = l.Close() }()
	var b bytes.Buffer
	s, err := Write(t.Context(), &b, dir, Options{Leave: func(path string) bool { return path == "proc" }})
	must(t, err)
	if got := sorted(entries(t, b.Bytes())); !slices.Equal(got, []string{"./", "f"}) || s.Entries != 2 || s.Bytes != 1 {
		t.Errorf("%q, %+v", got, s)
	}
	if s.SkippedTotal != 3 || !strings.Contains(strings.Join(s.Skipped, "\n"), "socket: socket") {
		t.Errorf("%q", s.Skipped)
	}
	must(t, syscall.Mknod(filepath.Join(dir, "gone"), syscall.S_IFCHR, 0))
	if s, err := Write(t.Context(), io.Discard, dir, Options{Whole: true}); err != nil || !slices.Contains(s.Skipped, "gone: a whiteout") {
		t.Errorf("%q, %v", s.Skipped, err)
	}
}

func TestEpoch(t *testing.T) {
	dir := t.TempDir()
	epoch := time.Unix(1_500_000_000, 0)
	for name, when := range map[string]time.Time{"old": epoch.Add(-time.Second), "new": epoch.Add(time.Hour)} {
		write(t, filepath.Join(dir, name), "", 0o600)
		must(t, os.Chtimes(filepath.Join(dir, name), when, when))
	}
	got := entries(t, layerOf(t, dir, Options{Epoch: epoch}))
	for name, want := range map[string]time.Time{"./": epoch, "new": epoch, "old": epoch.Add(-time.Second)} {
		if !got[name].ModTime.Equal(want) {
			t.Errorf("%s: %v", name, got[name].ModTime)
		}
	}
}

func TestNothingOfTheMachine(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "x", 0o600)
	for name, h := range entries(t, layerOf(t, dir, Options{})) {
		if h.Uname != "" || h.Gname != "" || !h.AccessTime.IsZero() || !h.ChangeTime.IsZero() {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

func TestRefused(t *testing.T) {
	noted := func(attribute string, file bool) string {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
		write(t, filepath.Join(dir, "d/f"), "", 0o600)
		path := filepath.Join(dir, "d")
		if file {
			path = filepath.Join(dir, "d/f")
		}
		set(t, path, attribute, "x")
		return dir
	}
	for attribute, dir := range map[string]string{ondisk.Redirect: noted(ondisk.Redirect, false), ondisk.Metacopy: noted(ondisk.Metacopy, true)} {
		var elsewhere *ElsewhereError
		if _, err := Write(t.Context(), io.Discard, dir, Options{}); !errors.As(err, &elsewhere) || elsewhere.Attribute != attribute {
			t.Errorf("%s: %v", attribute, err)
		}
		if _, err := Write(t.Context(), io.Discard, dir, Options{Whole: true}); err != nil { // nothing is below
			t.Errorf("%s: %v", attribute, err)
		}
	}
	deep := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(deep, strings.Repeat("d/", ondisk.MaxDepth+1)), 0o755))
	if _, err := Write(t.Context(), io.Discard, deep, Options{}); !errors.Is(err, syscall.ENAMETOOLONG) {
		t.Errorf("deep: %v", err)
	}
	if _, err := Write(t.Context(), io.Discard, filepath.Join(deep, "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ended, io.Discard, deep, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	must(t, err)
	defer func() { _ = full.Close() }()
	if _, err := Write(t.Context(), full, noted(ondisk.Opaque, false), Options{}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full disk: %v", err)
	}
}

// TestChangedMeanwhile: what takes a file's place is not read in its name.
func TestChangedMeanwhile(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "secret"), "secret", 0o600)
	for name, change := range map[string]func(path string) error{
		"a link to a file outside":      func(path string) error { return os.Symlink(filepath.Join(outside, "secret"), path) },
		"a link to a directory outside": func(path string) error { return os.Symlink(outside, path) },
		"a FIFO":                        func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"another file":                  func(path string) error { return os.WriteFile(path, []byte("other"), 0o600) },
		"nothing":                       func(string) error { return nil },
	} {
		for kind, create := range map[string]func(path string) error{
			"file":      func(path string) error { return os.WriteFile(path, []byte("text"), 0o600) },
			"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		} {
			dir := t.TempDir()
			path := filepath.Join(dir, "victim")
			must(t, create(path))
			root, err := os.OpenRoot(dir)
			must(t, err)
			info, err := root.Lstat("victim")
			must(t, err, os.Rename(path, path+"-away"), change(path)) // so that its inode is not used again
			var b bytes.Buffer
			e := &exporter{ctx: t.Context(), tw: tar.NewWriter(&b), links: map[inode]link{}, buf: make([]byte, copyBlock)}
			d := directory{root: root}
			if info.IsDir() {
				err = e.child(d, "victim", info)
			} else {
				err = e.leaf(d, "victim", info, info.Sys().(*syscall.Stat_t))
			}
			if err == nil || b.Len() != 0 {
				t.Errorf("%s for a %s: %v, %d bytes", name, kind, err, b.Len())
			}
			_ = root.Close()
		}
	}
	short := filepath.Join(t.TempDir(), "short")
	write(t, short, "text", 0o600)
	f, err := os.Open(short)
	must(t, err)
	defer func() { _ = f.Close() }()
	e := &exporter{ctx: t.Context(), tw: tar.NewWriter(io.Discard), buf: make([]byte, copyBlock)}
	must(t, e.write(&tar.Header{Name: "short", Size: 5, Typeflag: tar.TypeReg}))
	if err := e.contents("short", f, 5); !errors.Is(err, errChanged) {
		t.Errorf("a file that shrank: %v", err)
	}
}

func archive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		must(t, w.WriteHeader(&h))
	}
	must(t, w.Close())
	return b.Bytes()
}

func entries(t *testing.T, layer []byte) map[string]*tar.Header {
	t.Helper()
	all := map[string]*tar.Header{}
	for r := tar.NewReader(bytes.NewReader(layer)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		must(t, err)
		if all[h.Name] != nil {
			t.Errorf("%s is there twice", h.Name)
		}
		all[h.Name] = h
	}
}

func sorted(all map[string]*tar.Header) []string {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
