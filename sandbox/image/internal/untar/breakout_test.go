package untar

import (
	"archive/tar"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/ondisk"
)

func TestRefusedNames(t *testing.T) {
	for name, it := range map[string]item{
		"parent":              file("../outside/victim", "x"),
		"parent in the midst": file("a/../../outside/victim", "x"),
		"parent at the end":   dir("a/..", 0o755),
		"absolute parent":     file("/../outside/victim", "x"),
		"fifo":                special(tar.TypeFifo, "../fifo"),
		"symlink":             symlink("../link", "x"),
		"whiteout":            file("etc/.wh.passwd", ""),
		"odd whiteout":        file("etc/.wh...", ""),
		"whiteout below":      file(".wh..wh..opq/x", ""),
		"root as a file":      file(".", "x"),
		"root as a symlink":   symlink("/", "/etc"),
		"hard link outside":   hardlink("a", "../outside/victim"),
		"hard link to root":   hardlink("a", "/"),
		"deep":                file(strings.Repeat("d/", ondisk.MaxDepth)+"f", ""),
		"long":                file(strings.Repeat("d", ondisk.MaxName), ""),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := extract(t, confined(t), archive(t, it), Options{})
			var refused *NameError
			if !errors.As(err, &refused) {
				t.Errorf("got %v, want a NameError", err)
			}
		})
	}
}

func TestSymlinkThenWriteThroughIt(t *testing.T) {
	for name, c := range map[string]struct {
		items []item
		want  string // where the file lands; empty: refused
	}{
		"relative, leaves":           {[]item{symlink("a", "../outside"), file("a/victim", "x")}, ""},
		"deeper, leaves":             {[]item{symlink("d/a", "../../outside"), file("d/a/victim", "x")}, ""},
		"leaves and comes back":      {[]item{symlink("a", "../root"), file("a/f", "x")}, ""},
		"through two, leaves":        {[]item{symlink("a", "b/.."), symlink("b", ".."), file("a/f", "x")}, ""},
		"loop":                       {[]item{symlink("a", "b"), symlink("b", "a"), file("a/f", "x")}, ""},
		"itself":                     {[]item{symlink("a", "a"), file("a/f", "x")}, ""},
		"through a file":             {[]item{file("a", ""), file("a/f", "x")}, ""},
		"relative, stays":            {[]item{dir("usr/bin", 0o755), symlink("bin", "usr/bin"), file("bin/sh", "x")}, "usr/bin/sh"},
		"up and down, stays":         {[]item{dir("a/b", 0o755), symlink("a/c", "../a/./b/"), file("a/c/f", "x")}, "a/b/f"},
		"absolute, from the root":    {[]item{dir("usr/lib", 0o755), symlink("lib", "/usr/lib"), file("lib/f", "x")}, "usr/lib/f"},
		"absolute, dangling":         {[]item{symlink("a", "/tmp"), file("a/x", "x")}, "tmp/x"},
		"absolute, above the root":   {[]item{symlink("a", "/../outside"), file("a/victim", "x")}, ""},
		"chain":                      {[]item{symlink("a", "b"), symlink("b", "/c"), dir("c", 0o755), file("a/f", "x")}, "c/f"},
		"target before its link":     {[]item{file("usr/lib/x", ""), symlink("lib", "usr/lib"), file("lib/y", "x")}, "usr/lib/y"},
		"link replaced by directory": {[]item{symlink("a", "b"), dir("b", 0o755), dir("a", 0o755), file("a/f", "x")}, "a/f"},
		"the last part is replaced":  {[]item{symlink("a", "/outside/victim"), file("a", "x")}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			root := confined(t)
			_, err := extract(t, root, archive(t, c.items...), Options{})
			if c.want == "" {
				var refused *EntryError
				if !errors.As(err, &refused) {
					t.Fatalf("got %v, want an EntryError", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, filepath.Join(root, c.want), "x")
			wantMode(t, filepath.Join(root, c.want), 0o644)
		})
	}
}

func TestSymlinksOfTheHostAreNotFollowed(t *testing.T) {
	root := confined(t)
	outside := filepath.Join(filepath.Dir(root), "outside")
	if err := os.Symlink(filepath.Join(outside, "victim"), filepath.Join(root, "f")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "d")); err != nil {
		t.Fatal(err)
	}
	mustExtract(t, root, file("f", "x"), dir("d", 0o700), file("d/victim", "x"))
	wantFile(t, filepath.Join(root, "d", "victim"), "x")
}

func TestHardLinks(t *testing.T) {
	t.Run("inside", func(t *testing.T) {
		root := confined(t)
		mustExtract(t, root, file("usr/a", "x"), symlink("lib", "/usr"), hardlink("d/b", "/lib/a"), hardlink("usr/a", "./usr/a"))
		a, _ := os.Stat(filepath.Join(root, "usr/a"))
		b, err := os.Stat(filepath.Join(root, "d/b"))
		if err != nil || !os.SameFile(a, b) {
			t.Errorf("not one file: %v", err)
		}
	})
	t.Run("to a symlink links the symlink", func(t *testing.T) {
		root := confined(t)
		mustExtract(t, root, symlink("a", "../outside/victim"), hardlink("b", "a"), file("b", "x"))
		wantFile(t, filepath.Join(root, "b"), "x")
	})
	for name, items := range map[string][]item{
		"host file":           {hardlink("a", "/etc/passwd")},
		"through a link":      {symlink("l", "../outside"), hardlink("a", "l/victim")},
		"to a directory":      {dir("d", 0o755), hardlink("a", "d")},
		"replaces its source": {file("a/b", "x"), hardlink("a", "a/b")},
		"to itself, missing":  {hardlink("a", "a")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := extract(t, confined(t), archive(t, items...), Options{})
			var refused *EntryError
			if !errors.As(err, &refused) {
				t.Errorf("got %v, want an EntryError", err)
			}
		})
	}
}

func TestSpecialEntries(t *testing.T) {
	root := confined(t)
	s := mustExtract(t, root, special(tar.TypeChar, "dev/null"), special(tar.TypeBlock, "dev/sda"),
		special(tar.TypeFifo, "run/fifo"), special('V', "label"))
	if want := []string{"dev/null: device", "dev/sda: device", "label: unknown type of entry"}; !slices.Equal(s.Skipped, want) {
		t.Errorf("skipped %q, want %q", s.Skipped, want)
	}
	if s.SkippedTotal != 3 || s.Entries != 4 {
		t.Errorf("stats %+v", s)
	}
	wantMode(t, filepath.Join(root, "run/fifo"), fs.ModeNamedPipe|0o640)
	if _, err := os.Lstat(filepath.Join(root, "dev")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("dev: %v", err)
	}
}

func TestSkippedNamesAreCapped(t *testing.T) {
	items := make([]item, maxSkipped+5)
	for i := range items {
		items[i] = special(tar.TypeChar, "null")
	}
	s := mustExtract(t, confined(t), items...)
	if len(s.Skipped) != maxSkipped || s.SkippedTotal != maxSkipped+5 {
		t.Errorf("%d named, %d counted", len(s.Skipped), s.SkippedTotal)
	}
}

func TestOverlayNotesAreNotApplied(t *testing.T) {
	root := confined(t)
	it := file("f", "")
	it.PAXRecords = map[string]string{
		paxXattr + "user.overlay.redirect":  "/x",
		paxXattr + "trusted.overlay.opaque": "y",
		paxXattr + "user.kept":              "value",
	}
	d := dir("d", 0o755)
	d.PAXRecords = map[string]string{paxXattr + "user.overlay.opaque": "y", paxXattr + "user.kept": "value"}
	s := mustExtract(t, root, it, d)
	if s.SkippedTotal != 3 {
		t.Errorf("skipped %q", s.Skipped)
	}
	for _, name := range []string{"f", "d"} {
		path, buf := filepath.Join(root, name), make([]byte, 64)
		if n, err := syscall.Getxattr(path, "user.kept", buf); err != nil || string(buf[:n]) != "value" {
			t.Errorf("%s: user.kept is %q (%v)", name, buf[:max(n, 0)], err)
		}
		if n, _ := syscall.Listxattr(path, buf); strings.Contains(string(buf[:max(n, 0)]), "overlay") {
			t.Errorf("%s has %q", name, buf[:n])
		}
	}
}
