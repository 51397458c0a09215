package testrun

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// aTree has a file, a program, a link, a pipe, an empty directory and a repository.
func aTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "sub/empty"), 0o755), os.MkdirAll(filepath.Join(dir, ".git/objects"), 0o755),
		os.WriteFile(filepath.Join(dir, "file"), []byte("one"), 0o644), os.WriteFile(filepath.Join(dir, "sub/run"), []byte("two"), 0o755),
		os.WriteFile(filepath.Join(dir, ".git/HEAD"), []byte("x"), 0o644), os.Symlink("file", filepath.Join(dir, "link")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readTree(t *testing.T, dir, known string) Tree {
	t.Helper()
	tree, err := ReadTree(t.Context(), dir, known)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTreeChangesWithItsFiles(t *testing.T) {
	before := readTree(t, aTree(t), "")
	if before.Files != 6 || before.Unread != 0 { // file link pipe sub sub/empty sub/run
		t.Errorf("%+v", before)
	}
	for name, change := range map[string]func(dir string) error{
		"content":    func(d string) error { return os.WriteFile(d+"/file", []byte("two"), 0o644) },
		"mode":       func(d string) error { return os.Chmod(d+"/file", 0o755) },
		"new":        func(d string) error { return os.WriteFile(d+"/new", nil, 0o644) },
		"removed":    func(d string) error { return os.Remove(d + "/sub/empty") },
		"renamed":    func(d string) error { return os.Rename(d+"/file", d+"/other") },
		"link":       func(d string) error { return errors.Join(os.Remove(d+"/link"), os.Symlink("run", d+"/link")) },
		"other kind": func(d string) error { return errors.Join(os.Remove(d+"/pipe"), os.WriteFile(d+"/pipe", nil, 0o600)) },
	} {
		dir := aTree(t)
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if after := readTree(t, dir, ""); after.Digest == before.Digest {
			t.Errorf("%s: the same digest", name)
		}
	}
	for name, change := range map[string]func(dir string) error{
		"time":            func(d string) error { return os.Chtimes(d+"/file", time.Unix(1, 0), time.Unix(1, 0)) },
		"umask":           func(d string) error { return os.Chmod(d+"/file", 0o600) },
		"repository":      func(d string) error { return os.WriteFile(d+"/.git/HEAD", []byte("y"), 0o644) },
		"another .git in": func(d string) error { return os.WriteFile(d+"/sub/.git", []byte("gitdir: x"), 0o644) },
	} {
		dir := aTree(t)
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if after := readTree(t, dir, ""); after.Digest != before.Digest {
			t.Errorf("%s: another digest", name)
		}
	}
}

func TestTreeTellsWhatCannotBeRead(t *testing.T) {
	want := 2
	if os.Geteuid() == 0 {
		want = 0 // who reads everything
	}
	dir := aTree(t)
	if err := errors.Join(os.Chmod(dir+"/file", 0), os.Chmod(dir+"/sub", 0)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir+"/sub", 0o755) })
	if tree := readTree(t, dir, ""); tree.Unread != want {
		t.Errorf("%+v, want %d that cannot be read", tree, want)
	}
}

// age makes files old enough for their times to be believed: their ctime cannot be set, so it is waited for.
func age(t *testing.T) {
	t.Helper()
	time.Sleep(racy + 100*time.Millisecond)
}

func TestKnownFilesAreNotReadAgain(t *testing.T) {
	dir, known := aTree(t), filepath.Join(t.TempDir(), "new", "known")
	age(t)
	first := readTree(t, dir, known)
	text, err := os.ReadFile(known)
	if err != nil || strings.Count(string(text), "\x00") != 5 { // the head, two files
		t.Fatalf("noted are %q, %v", text, err)
	}
	// A digest that is noted is believed, which shows that the file is not read.
	sum := sumOf(filepath.Join(dir, "file"), 3)
	spoilt := strings.Replace(string(text), sum, strings.Repeat("0", 64), 1)
	if err := os.WriteFile(known, []byte(spoilt), 0o600); err != nil {
		t.Fatal(err)
	}
	if readTree(t, dir, known).Digest == first.Digest {
		t.Error("a file that has not changed is read again")
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if readTree(t, dir, known).Digest != first.Digest {
		t.Error("a file that was written is not read")
	}
}

// What was written in the same moment has the same times, perhaps, and another content.
func TestFreshFilesAreNotNoted(t *testing.T) {
	dir, known := aTree(t), filepath.Join(t.TempDir(), "known")
	before := readTree(t, dir, known)
	st, err := os.Stat(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("ONE"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "file"), st.ModTime(), st.ModTime()); err != nil {
		t.Fatal(err)
	}
	if readTree(t, dir, known).Digest == before.Digest {
		t.Error("the change was not seen")
	}
}

func TestSpoiltNotesAreReadOver(t *testing.T) {
	dir, known := aTree(t), filepath.Join(t.TempDir(), "known")
	want := readTree(t, dir, "")
	for _, text := range []string{"", "\x00", "sandbox files 2\x00", knownHead, knownHead + "\x00", knownHead + "\x00a\x00file\x00", knownHead + "\x00-1 2 3 4 x\x00file\x00", knownHead + "\x003 1 1 1"} {
		if err := os.WriteFile(known, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := readTree(t, dir, known); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestReadTreeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadTree(ctx, aTree(t), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
