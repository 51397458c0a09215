package untar

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestImageThatPointsElsewhere: where an image has a link for one of its own
// directories, what later entries put there stays inside, or is refused.
func TestImageThatPointsElsewhere(t *testing.T) {
	for _, name := range []string{"dev", "proc", "etc", "sys"} {
		root := confined(t)
		outside := filepath.Join(filepath.Dir(root), "outside")
		s, err := extract(t, root, archive(t, symlink(name, outside), special(tar.TypeChar, name+"/null"), file(name+"/victim", "x"), file(name+"/.wh.victim", ""),
			file(name+"/.wh..wh..opq", "")), Options{Whiteouts: Overlay})
		if err != nil || s.SkippedTotal != 1 {
			t.Errorf("%s: %v, %q", name, err, s.Skipped)
		}
		// An absolute link starts at the root of the tree.
		wantFile(t, filepath.Join(root, outside, "victim"), "x")
	}
	root := confined(t)
	mustExtract(t, root, symlink("dev/null", "/etc/passwd"), special(tar.TypeFifo, "etc/passwd"), symlink("proc", "/"))
	wantMode(t, filepath.Join(root, "etc/passwd"), fs.ModeNamedPipe|0o640)
}

// TestLinkOfALowerLayer: one layer has a link, the next writes through it. They
// are unpacked apart, so the second knows of no link; and when both are
// unpacked into one directory, the link is followed inside only.
func TestLinkOfALowerLayer(t *testing.T) {
	first, second := archive(t, symlink("a", "/tmp"), symlink("b", "../../../outside")), archive(t, file("a/x", "x"))
	apart := confined(t)
	if _, err := extract(t, apart, second, Options{Whiteouts: Overlay}); err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(apart, "a"), fs.ModeDir|0o755)
	together := confined(t)
	for _, data := range [][]byte{first, second} {
		if _, err := extract(t, together, data, Options{Whiteouts: Overlay}); err != nil {
			t.Fatal(err)
		}
	}
	wantFile(t, filepath.Join(together, "tmp/x"), "x")
	var refused *EntryError
	if _, err := extract(t, together, archive(t, file("b/victim", "x")), Options{Whiteouts: Overlay}); !errors.As(err, &refused) {
		t.Error(err)
	}
}

// TestDevices: none is made, by whatever name.
func TestDevices(t *testing.T) {
	root := confined(t)
	s, err := extract(t, root, archive(t, special(tar.TypeChar, "a"), special(tar.TypeBlock, "b/c"), special(tar.TypeChar, ".wh.d"),
		tarItem(tar.Header{Typeflag: tar.TypeChar, Name: "zero"})), Options{Whiteouts: Overlay})
	if err != nil || s.SkippedTotal != 4 {
		t.Error(err, s.Skipped)
	}
	if list, err := os.ReadDir(root); len(list) != 0 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
}

func tarItem(h tar.Header) item { return item{Header: h} }

// TestInodeBomb: millions of empty files are some kilobytes.
func TestInodeBomb(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		gz := gzip.NewWriter(w)
		tw := tar.NewWriter(gz)
		for range 10_000_000 {
			if tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "same", Mode: 0o644}) != nil {
				return
			}
		}
	}()
	s, err := Extract(t.Context(), r, confined(t), Options{MaxEntries: 2000})
	_ = r.Close()
	var limit *LimitError
	if !errors.As(err, &limit) || limit.What != "entries" || s.Entries != 2001 {
		t.Errorf("%d entries: %v", s.Entries, err)
	}
}

// TestSparseBomb: a file of a terabyte takes one block of the archive.
func TestSparseBomb(t *testing.T) {
	root := confined(t)
	it := file("big", strings.Repeat("\x00", 512))
	data := archive(t, it)
	h := data[:512] // as GNU tar writes it: 512 bytes at the end of a terabyte
	h[156] = tar.TypeGNUSparse
	copy(h[257:], "ustar  \x00")
	copy(h[386:], "17777777000\x00"+"00000001000\x00")
	copy(h[483:], "\x80\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00")
	sum := 0
	copy(h[148:], "        ")
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
	var limit *LimitError
	if _, err := extract(t, root, data, Options{}); !errors.As(err, &limit) || limit.What != "bytes" {
		t.Errorf("got %v", err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(filepath.Join(root, "big"), &st); err == nil {
		t.Errorf("%d bytes in %d blocks", st.Size, st.Blocks)
	}
}
