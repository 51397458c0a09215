package changes

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar"
	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func layerOf(t testing.TB, dir string, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	s, err := Write(t.Context(), &b, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if s.SkippedTotal != 0 {
		t.Errorf("skipped %q", s.Skipped)
	}
	return b.Bytes()
}

func unpack(t testing.TB, layer []byte, o untar.Options) string {
	t.Helper()
	dir := t.TempDir()
	o.Whiteouts = untar.Overlay
	s, err := untar.Extract(t.Context(), bytes.NewReader(layer), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if s.SkippedTotal != 0 {
		t.Errorf("skipped %q", s.Skipped)
	}
	return dir
}

func set(t testing.TB, path, name, value string) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	must(t, ondisk.SetAttribute(int(f.Fd()), name, value), f.Close())
}

func write(t testing.TB, path, text string, mode fs.FileMode) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode))
}

// describe is everything about a tree that a layer says, a line for each entry.
func describe(t testing.TB, root string) []string {
	t.Helper()
	var lines []string
	first := map[uint64]string{}
	must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		name, _ := filepath.Rel(root, path)
		if info.Mode()&fs.ModeCharDevice != 0 && st.Rdev == 0 {
			lines = append(lines, fmt.Sprintf("%q whiteout", name))
			return nil
		}
		line := fmt.Sprintf("%q %v %d:%d %d", name, info.Mode(), st.Uid, st.Gid, info.ModTime().UnixNano())
		switch info.Mode().Type() {
		case fs.ModeSymlink:
			target, _ := os.Readlink(path)
			line += fmt.Sprintf(" -> %q", target)
		case 0:
			text, err := os.ReadFile(path)
			must(t, err)
			line += fmt.Sprintf(" %d %x", len(text), sha256.Sum256(text))
			line += attributes(t, path)
		case fs.ModeDir:
			line += attributes(t, path)
		}
		if !d.IsDir() && st.Nlink > 1 {
			if first[st.Ino] == "" {
				first[st.Ino] = name
			}
			line += fmt.Sprintf(" is %q", first[st.Ino])
		}
		lines = append(lines, line)
		return nil
	}))
	return lines
}

func attributes(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer func() { _ = f.Close() }()
	names, err := ondisk.Attributes(int(f.Fd()), nil)
	must(t, err)
	slices.Sort(names)
	text := ""
	for _, name := range names {
		value, _, err := ondisk.Attribute(int(f.Fd()), name)
		must(t, err)
		if name != "security.selinux" {
			text += fmt.Sprintf(" %s=%q", name, value)
		}
	}
	return text
}

// same compares two descriptions.
func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: missing %s", what, line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: unexpected %s", what, line)
		}
	}
}

// tree makes one of everything, owned by others where ids allow it.
func tree(t testing.TB, ids int) string {
	t.Helper()
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	must(t, os.Chmod(root, 0o755), os.MkdirAll(at("d/e"), 0o755), os.Mkdir(at("empty"), 0o700), os.Mkdir(at("tmp"), 0o700))
	write(t, at("d/file"), "text", 0o644)
	write(t, at("d/su"), "x", fs.ModeSetuid|fs.ModeSetgid|0o755)
	write(t, at("d/none"), "", 0)
	write(t, at("d-before"), "sorts between d and d/", 0o600)
	write(t, at("\xff\xfe not UTF-8"), "x", 0o644)
	write(t, at(strings.Repeat("n", 200)), "x", 0o644)
	must(t, os.Symlink("../../etc/passwd", at("d/link")), os.Symlink(strings.Repeat("l", 300), at("long")),
		os.Link(at("d/file"), at("a-link")), os.Link(at("d/file"), at("d/e/link")), os.Link(at("long"), at("long2")),
		syscall.Mkfifo(at("fifo"), 0o640))
	sparse, err := os.Create(at("sparse"))
	must(t, err)
	_, err = sparse.WriteAt([]byte("end"), 1<<20)
	must(t, err, sparse.Close())
	set(t, at("d/file"), "user.kept", "some \x00 value")
	set(t, at("d/file"), "user.empty", "")
	set(t, at("d"), "user.of.directory", "x")
	if ids > 1 {
		must(t, os.Chown(at("d/file"), 9, 9), os.Lchown(at("d/link"), 7, 8), os.Chown(at("d"), 1000, 1000), os.Chown(at("d/none"), 33, 65535), os.Chown(at("fifo"), 5, 5))
	}
	set(t, at("d/none"), ondisk.Capability, "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	must(t, os.Chmod(at("tmp"), fs.ModeSticky|0o777), os.Chmod(at("d/e"), fs.ModeSetgid|0o555))
	stamp := time.Unix(1_000_000_000, 123456789)
	must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type() == fs.ModeSymlink {
			return err
		}
		stamp = stamp.Add(time.Hour)
		return os.Chtimes(path, stamp, stamp)
	}))
	return root
}

// hideSome adds what only an overlay writes.
func hideSome(t testing.TB, root string) {
	t.Helper()
	for _, name := range []string{"gone", "d/gone"} {
		must(t, syscall.Mknod(filepath.Join(root, name), syscall.S_IFCHR, 0))
	}
	set(t, filepath.Join(root, "empty"), ondisk.Opaque, ondisk.OpaqueYes)
}
