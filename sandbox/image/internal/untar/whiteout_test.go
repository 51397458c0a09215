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
	"github.com/rootless-sandbox/sandbox/sandbox/image/internal/untar/untartest"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

func layer(t testing.TB, root string, items ...item) Stats {
	t.Helper()
	s, err := extract(t, root, archive(t, items...), Options{Whiteouts: Overlay})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// overlayForm describes a tree as the kernel's overlay sees it, a line for each
// entry: a whiteout is "-name", an opaque directory "name/ opaque".
func overlayForm(t testing.TB, root string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			if name += "/"; attribute(t, path, ondisk.Opaque) == ondisk.OpaqueYes {
				name += " opaque"
			}
		case d.Type()&fs.ModeCharDevice != 0 && info.Sys().(*syscall.Stat_t).Rdev == 0:
			name = "-" + name
		case d.Type().IsRegular() && info.Size() == 0 && attribute(t, path, ondisk.Whiteout) != "":
			if above := attribute(t, filepath.Dir(path), ondisk.Opaque); above != ondisk.OpaqueMarked {
				t.Errorf("%s: the kernel takes it for a file: its directory says %q", name, above)
			}
			name = "-" + name
		}
		lines = append(lines, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines[1:] // without the root
}

func TestWhiteouts(t *testing.T) {
	opq := file("a/.wh..wh..opq", "")
	for name, c := range map[string]struct {
		items []item
		want  string
	}{
		"of a file":                     {[]item{file(".wh.a", "")}, "-a"},
		"with contents":                 {[]item{file(".wh.a", "some")}, "-a"},
		"as a hard link, as AUFS":       {[]item{hardlink(".wh.a", ".wh..wh.aufs")}, "-a"},
		"as a symbolic link":            {[]item{symlink(".wh.a", "/etc")}, "-a"},
		"of a hidden file":              {[]item{file(".wh..a", "")}, "-.a"},
		"of three dots":                 {[]item{file(".wh....", "")}, "-..."},
		"in a directory":                {[]item{dir("a", 0o755), file("a/.wh.b", "")}, "a/ -a/b"},
		"in an implied directory":       {[]item{file("a/.wh.b", "")}, "a/ -a/b"},
		"absolute":                      {[]item{file("/a/.wh.b", "")}, "a/ -a/b"},
		"twice":                         {[]item{file(".wh.a", ""), file("./.wh.a", "")}, "-a"},
		"before the file":               {[]item{file(".wh.a", ""), file("a", "x")}, "a"},
		"after the file":                {[]item{file("a", "x"), file(".wh.a", "")}, "a"},
		"before the link":               {[]item{file(".wh.a", ""), symlink("a", "b")}, "a"},
		"after the link":                {[]item{symlink("a", "b"), file(".wh.a", "")}, "a"},
		"before the directory":          {[]item{file(".wh.a", ""), dir("a", 0o755), file("a/b", "x")}, "a/ opaque a/b"},
		"after the directory":           {[]item{dir("a", 0o755), file("a/b", "x"), file(".wh.a", "")}, "a/ opaque a/b"},
		"before the implied directory":  {[]item{file(".wh.a", ""), file("a/b", "x")}, "a/ opaque a/b"},
		"after the implied directory":   {[]item{file("a/b", "x"), file(".wh.a", "")}, "a/ opaque a/b"},
		"before file and directory":     {[]item{file(".wh.a", ""), file("a", "x"), dir("a", 0o755)}, "a/ opaque"},
		"between file and directory":    {[]item{file("a", "x"), file(".wh.a", ""), dir("a", 0o755)}, "a/ opaque"},
		"file, then directory":          {[]item{file("a", "x"), dir("a", 0o755)}, "a/ opaque"},
		"below a whiteout's directory":  {[]item{file(".wh.a", ""), file("a/.wh.b", "")}, "a/ opaque"},
		"in an opaque directory":        {[]item{opq, file("a/.wh.b", ""), file("a/c/.wh.d", ""), file(".wh.e", "")}, "a/ opaque a/c/ -e"},
		"before it is opaque":           {[]item{file("a/.wh.b", ""), file("a/b/c", "x"), file("a/.wh.d", ""), opq}, "a/ opaque a/b/ opaque a/b/c"},
		"opaque, and not that name":     {[]item{opq, file("aa/.wh.b", "")}, "a/ opaque aa/ -aa/b"},
		"in an opaque root":             {[]item{file("a/.wh.b", ""), file(".wh.c", ""), file(".wh..wh..opq", "")}, "a/"},
		"opaque":                        {[]item{dir("a", 0o755), opq}, "a/ opaque"},
		"opaque first":                  {[]item{opq, dir("a", 0o755), file("a/b", "x")}, "a/ opaque a/b"},
		"opaque last":                   {[]item{file("a/b", "x"), dir("a", 0o755), opq}, "a/ opaque a/b"},
		"opaque, then named again":      {[]item{opq, file("a/b", "x"), dir("a", 0o700)}, "a/ opaque a/b"},
		"opaque and whited out":         {[]item{file(".wh.a", ""), opq}, "a/ opaque"},
		"whited out and opaque":         {[]item{opq, file(".wh.a", "")}, "a/ opaque"},
		"opaque, then a file":           {[]item{opq, file("a", "x")}, "a"},
		"opaque through a link":         {[]item{dir("b", 0o755), symlink("a", "b"), opq}, "a b/ opaque"},
		"opaque through a whiteout":     {[]item{file(".wh.b", ""), symlink("a", "/b"), opq}, "a b/ opaque"},
		"opaque through a link, up":     {[]item{dir("b/c", 0o755), symlink("a", "b/c/.."), opq}, "a b/ opaque b/c/"},
		"whiteout through a link":       {[]item{dir("b", 0o755), symlink("a", "/b"), file("a/.wh.c", "")}, "a b/ -b/c"},
		"AUFS":                          {[]item{dir(".wh..wh.plnk", 0o700), file(".wh..wh.plnk/1.2", "x"), file(".wh..wh.aufs", ""), file("a", "x")}, "a"},
		"AUFS below":                    {[]item{file("a/.wh..wh.orph/.wh.x/y", ""), file("b", "x")}, "b"},
		"device with a whiteout's name": {[]item{special(tar.TypeChar, ".wh.a")}, ""},
	} {
		for form, noDevices := range map[string]bool{"device": false, "attribute": true} {
			t.Run(name+"/"+form, func(t *testing.T) {
				root := confined(t)
				if _, err := extract(t, root, archive(t, c.items...), Options{Whiteouts: Overlay, noDevices: noDevices}); err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(overlayForm(t, root), " "); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
	}
}

func TestWhiteoutsRefused(t *testing.T) {
	for name, items := range map[string][]item{
		"of nothing":              {file(".wh.", "")},
		"of the directory":        {file("a/.wh..", "")},
		"of the parent":           {file("a/.wh...", "")},
		"nothing, below":          {file("a/.wh.", "")},
		"in the midst":            {file(".wh.a/b", "")},
		"opaque in the midst":     {file(".wh..wh..opq/b", "")},
		"below a parent":          {file("../.wh.victim", "")},
		"below a parent, inside":  {file("a/../.wh.b", "")},
		"opaque below a parent":   {file("../outside/.wh..wh..opq", "")},
		"a directory":             {dir(".wh.a", 0o755)},
		"an opaque directory":     {dir("a/.wh..wh..opq", 0o755)},
		"a slash behind":          {dir(".wh.a/", 0o755)},
		"parent of AUFS":          {file(".wh..wh.x/../../y", "")},
		"hard link to a whiteout": {hardlink("a", ".wh.b")},
		"hard link to AUFS":       {hardlink("a", ".wh..wh.plnk/1.2")},
		"hard link to a marker":   {hardlink("a", "b/.wh..wh..opq")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := extract(t, confined(t), archive(t, items...), Options{Whiteouts: Overlay})
			var refused *NameError
			if !errors.As(err, &refused) {
				t.Errorf("got %v, want a NameError", err)
			}
		})
	}
	for name, items := range map[string][]item{
		"through a link that leaves":          {symlink("a", "../outside"), file("a/.wh.victim", "")},
		"opaque through a link that leaves":   {symlink("a", "../outside"), file("a/.wh..wh..opq", "")},
		"opaque through an absolute one":      {symlink("a", "/../outside"), file("a/.wh..wh..opq", "")},
		"opaque through a loop":               {symlink("a", "a"), file("a/.wh..wh..opq", "")},
		"opaque file":                         {file("a", "x"), file("a/.wh..wh..opq", "")},
		"in a file":                           {file("a", "x"), file("a/.wh.b", "")},
		"hard link to what is whited out":     {file(".wh.b", ""), hardlink("a", "b")},
		"hard link through what is":           {file(".wh.b", ""), hardlink("a", "b/c")},
		"hard link to a lower layer's file":   {hardlink("a", "usr/bin/perl")},
		"hard link below a lower layer's dir": {dir("usr", 0o755), hardlink("a", "usr/bin/perl")},
	} {
		for form, noDevices := range map[string]bool{"device": false, "attribute": true} {
			t.Run(name+"/"+form, func(t *testing.T) {
				_, err := extract(t, confined(t), archive(t, items...), Options{Whiteouts: Overlay, noDevices: noDevices})
				var refused *EntryError
				if !errors.As(err, &refused) {
					t.Errorf("got %v, want an EntryError", err)
				}
			})
		}
	}
}

func TestHardLinkToALowerLayerNamesIt(t *testing.T) {
	_, err := extract(t, confined(t), archive(t, hardlink("usr/bin/perl5", "usr/bin/perl")), Options{Whiteouts: Overlay})
	if err == nil || !strings.Contains(err.Error(), `"usr/bin/perl5": hard link to "usr/bin/perl": not in this archive`) {
		t.Error(err)
	}
}

func TestOpaqueRoot(t *testing.T) {
	root := confined(t)
	s := layer(t, root, file("a", "x"), file(".wh..wh..opq", ""))
	if !s.OpaqueRoot || attribute(t, root, ondisk.Opaque) != ondisk.OpaqueYes {
		t.Errorf("%+v", s)
	}
}

// TestLower: an overlay shows the attributes of the upper layer's directory, so
// those that an archive only implies are to be the lower one's.
func TestLower(t *testing.T) {
	root := confined(t)
	asked := map[string]int{}
	lower := func(path string) (Attr, bool) {
		asked[path]++
		return Attr{Mode: fs.ModeDir | fs.ModeSticky | 0o777, UID: 3, GID: 4, ModTime: fileTime()}, path == "tmp"
	}
	data := archive(t, file("tmp/x/f", ""), file("tmp/.wh.g", ""), file("etc/h", ""), dir("etc", 0o700), file("var/.wh..wh..opq", ""))
	s, err := extract(t, root, data, Options{Whiteouts: Overlay, Lower: lower})
	if err != nil {
		t.Fatal(err)
	}
	wantMode(t, filepath.Join(root, "tmp"), fs.ModeDir|fs.ModeSticky|0o777)
	if got := attribute(t, filepath.Join(root, "tmp"), ondisk.Owner); got != "3:4:1777:dir" {
		t.Errorf("noted as %q", got)
	}
	wantMode(t, filepath.Join(root, "tmp/x"), fs.ModeDir|0o755)
	wantMode(t, filepath.Join(root, "etc"), fs.ModeDir|0o700)
	if info, err := os.Stat(filepath.Join(root, "tmp")); err != nil || !info.ModTime().Equal(fileTime()) {
		t.Error(info.ModTime(), err)
	}
	slices.Sort(s.Implied)
	if !slices.Equal(s.Implied, []string{"tmp/x", "var"}) || s.ImpliedTotal != 2 {
		t.Errorf("implied %q", s.Implied)
	}
	if len(asked) != 4 || asked["tmp"] != 1 {
		t.Errorf("asked for %v", asked)
	}
}

// TestInAnOverlay mounts two layers as the kernel's overlay and looks.
func TestInAnOverlay(t *testing.T) {
	usernstest.Require(t, usernstest.Overlay)
	untartest.Inside(t, testInAnOverlay)
}

func testInAnOverlay(t *testing.T, _ int) {
	lower := []item{file("keep", "1"), file("gone", "1"), file("d/keep", "1"), file("d/gone", "1"), file("o/old", "1"), file("r/old", "1"), file("w/x/y", "1")}
	upper := []item{file(".wh.gone", ""), file("d/.wh.gone", ""), file("d/new", "2"), file("o/.wh.old", ""), file("o/.wh..wh..opq", ""), file("o/new", "2"),
		file("r/new", "2"), file(".wh.r", ""), file(".wh.w", "")}
	for form, noDevices := range map[string]bool{"device": false, "attribute": true} {
		t.Run(form, func(t *testing.T) {
			temp := t.TempDir()
			for name, items := range map[string][]item{"lower": lower, "upper": upper} {
				mkdir(t, filepath.Join(temp, name))
				if _, err := extract(t, filepath.Join(temp, name), archive(t, items...), Options{Whiteouts: Overlay, noDevices: noDevices}); err != nil {
					t.Fatal(err)
				}
			}
			merged := filepath.Join(temp, "merged")
			mkdir(t, merged)
			err := syscall.Mount("overlay", merged, "overlay", 0, "userxattr,lowerdir="+filepath.Join(temp, "upper")+":"+filepath.Join(temp, "lower"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = syscall.Unmount(merged, syscall.MNT_DETACH) }()
			want := []string{"d/", "d/keep", "d/new", "keep", "o/", "o/new", "r/", "r/new"}
			if got := overlayForm(t, merged); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			// What readdir leaves out, a look-up must not find.
			for _, path := range []string{"gone", "d/gone", "o/old", "r/old", "w", "w/x/y"} {
				if _, err := os.Lstat(filepath.Join(merged, path)); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
					t.Errorf("%s: %v", path, err)
				}
			}
		})
	}
}

func TestWhiteoutsAreOffByDefault(t *testing.T) {
	var refused *NameError
	if _, err := extract(t, confined(t), archive(t, file("a/.wh..wh..opq", "")), Options{}); !errors.As(err, &refused) {
		t.Error(err)
	}
}
