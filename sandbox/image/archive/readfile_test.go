package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// entry is one of an archive.
type entry struct {
	name string
	kind byte
	text string // of a file the content, of a link where it leads
}

func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o755}
		if e.kind == tar.TypeReg {
			h.Size = int64(len(e.text))
		} else {
			h.Linkname = e.text
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := io.WriteString(w, e.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zip(t testing.TB, in []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(in); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func store(t testing.TB, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "archive")
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

const name = "etc/passwd"

// TestReadFile: one file, from whatever a root file system is kept in.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(dir+"/etc", 0o755), os.WriteFile(dir+"/etc/passwd", []byte("text"), 0o644)); err != nil {
		t.Fatal(err)
	}
	archive := pack(t, entry{"etc/", tar.TypeDir, ""}, entry{name, tar.TypeReg, "text"}, entry{"other", tar.TypeReg, "other"})
	for kind, rootfs := range map[string]string{"directory": dir, "tar": store(t, archive), "tar.gz": store(t, zip(t, archive))} {
		t.Run(kind, func(t *testing.T) {
			for file, want := range map[string]string{name: "text", "etc/group": "", "none/of/it": ""} {
				if got, err := ReadFile(rootfs, file); got != want || err != nil {
					t.Errorf("%s: got %q, %v; want %q", file, got, err, want)
				}
			}
		})
	}
}

func TestReadFileOfNothing(t *testing.T) {
	cut := pack(t, entry{name, tar.TypeReg, strings.Repeat("x", 2000)})[:1000]
	for what, rootfs := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "none"), "no archive": store(t, []byte(strings.Repeat("no archive", 100))),
		"no gzip": store(t, []byte("\x1f\x8bxxx")), "cut short": store(t, cut), "gzip cut short": store(t, zip(t, cut)[:100]),
	} {
		if got, err := ReadFile(rootfs, name); err == nil {
			t.Errorf("%s: got %q", what, got)
		}
	}
	if got, err := ReadFile(store(t, nil), name); got != "" || err != nil {
		t.Errorf("an empty archive: got %q, %v", got, err)
	}
}

// TestNames: an archive names a file in more than one way, and the last entry is the one that is unpacked.
func TestNames(t *testing.T) {
	for _, spelled := range []string{"etc/passwd", "./etc/passwd", "/etc/passwd", "etc//passwd", "etc/../etc/passwd", "../etc/passwd"} {
		file := store(t, pack(t, entry{spelled, tar.TypeReg, "text"}))
		if got, err := ReadFile(file, name); got != "text" || err != nil {
			t.Errorf("%s: got %q, %v", spelled, got, err)
		}
	}
	file := store(t, pack(t, entry{name, tar.TypeReg, "first"}, entry{name, tar.TypeReg, "second"}, entry{"x/etc/passwd", tar.TypeReg, "third"}))
	if got, err := ReadFile(file, name); got != "second" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	// What is no file is read as nothing.
	for _, kind := range []byte{tar.TypeFifo, tar.TypeSymlink, tar.TypeLink, tar.TypeChar, tar.TypeDir} {
		file := store(t, pack(t, entry{name, kind, "../../../etc/hostname"}))
		if got, err := ReadFile(file, name); got != "" || err != nil {
			t.Errorf("kind %c: got %q, %v", kind, got, err)
		}
	}
}

// TestReadFileStaysInside: a directory may be an image of anybody's.
func TestReadFileStaysInside(t *testing.T) {
	top := t.TempDir()
	root, secret := filepath.Join(top, "root"), filepath.Join(top, "secret")
	if err := errors.Join(os.MkdirAll(root+"/etc", 0o755), os.MkdirAll(root+"/usr", 0o755), os.WriteFile(secret, []byte("secret"), 0o644),
		os.WriteFile(root+"/usr/passwd", []byte("text"), 0o644), syscall.Mkfifo(root+"/etc/fifo", 0o644)); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{
		"inside": "../usr/passwd", "absolute": secret, "up": "../../secret", "loop": "loop", "dangling": "none", "dir": "../..", "tofifo": "fifo",
	}
	for link, to := range links {
		if err := os.Symlink(to, root+"/etc/"+link); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{"etc/inside": "text", "etc/dangling": ""} {
		if got, err := ReadFile(root, file); got != want || err != nil {
			t.Errorf("%s: got %q, %v", file, got, err)
		}
	}
	for _, file := range []string{"etc/absolute", "etc/up", "etc/loop", "etc/dir/secret", "etc/fifo", "etc/tofifo", "etc", "../secret", secret} {
		if got, err := ReadFile(root, file); got != "" || err == nil {
			t.Errorf("%s: got %q, %v", file, got, err)
		}
	}
}

// TestReadFileIsBounded: a file of any size costs no more than a small one's memory.
func TestReadFileIsBounded(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(dir+"/big", nil, 0o644), os.Truncate(dir+"/big", 1<<40)); err != nil {
		t.Fatal(err)
	}
	archive := zip(t, pack(t, entry{"big", tar.TypeReg, strings.Repeat("\x00", maxText+1000)}, entry{"after", tar.TypeReg, "text"}))
	file := store(t, archive)
	for _, rootfs := range []string{dir, file} {
		if got, err := ReadFile(rootfs, "big"); len(got) != maxText || err != nil {
			t.Errorf("%s: %d bytes, %v; want %d", rootfs, len(got), err, maxText)
		}
	}
	if got, err := ReadFile(file, "after"); got != "text" || err != nil {
		t.Errorf("the file after it: %q, %v", got, err)
	}
}

// FuzzReadInTar: whatever is called an archive ends in text or an error, of a bounded size.
func FuzzReadInTar(f *testing.F) {
	whole := pack(f, entry{"etc/", tar.TypeDir, ""}, entry{name, tar.TypeReg, "root:x:0:0:::\n"})
	f.Add(whole)
	f.Add(zip(f, whole))
	f.Add(whole[:600])
	f.Add([]byte{0x1f, 0x8b})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := readInTar(store(t, content), name)
		if len(got) > maxText || err != nil && got != "" {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}
