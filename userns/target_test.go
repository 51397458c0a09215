package userns

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/internal/sys"
)

func TestTarget(t *testing.T) {
	const dir, file = true, false
	const follow, strict = true, false
	for _, c := range []struct {
		name   string
		tree   []string
		target string
		dir    bool
		follow bool
		at     string // what is opened, seen from outside
	}{
		{"a directory that is there", []string{"a/b=dir"}, "/a/b", dir, strict, "a/b"},
		{"the root itself", nil, "/", dir, strict, ""},
		{"a file that is there", []string{"f=file"}, "/f", file, strict, "f"},
		{"a FIFO, not opened", []string{"f=fifo"}, "/f", file, strict, "f"},
		{"a directory, made with its parents", nil, "/a/b/c", dir, strict, "a/b/c"},
		{"a file, made with its parents", nil, "/a/b/c", file, strict, "a/b/c"},
		{"above the root is the root", nil, "/../../x", dir, strict, "x"},
		{"through a directory that is missing", nil, "/a/../b", dir, strict, "b"},
		{"a link, followed", []string{"a=link:real", "real=dir"}, "/a", dir, follow, "real"},
		{"a link above, followed", []string{"a=link:real", "real=dir"}, "/a/x/y", dir, follow, "real/x/y"},
		{"an absolute link stays inside", []string{"a=link:/real", "real=dir"}, "/a/x", file, follow, "real/x"},
		{"a link upwards stays inside", []string{"a=link:../../../real", "real=dir"}, "/a/x", file, follow, "real/x"},
		{"a link to a file, followed", []string{"a=link:f", "f=file"}, "/a", file, follow, "f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, root := plainBuilder(t, c.tree...)
			fd, err := b.target(c.target, c.dir, c.follow)
			if err != nil {
				t.Fatal(err)
			}
			defer sys.Close(fd)
			wantSame(t, fd, filepath.Join(root, c.at))
			entries, err := filepath.Glob(filepath.Join(root, "..", "*"))
			if err != nil || len(entries) != 1 {
				t.Errorf("beside the root are %v, %v", entries, err)
			}
		})
	}
}

func TestTargetRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		tree   []string
		target string
		dir    bool
		follow bool
		want   error
	}{
		{"a file where a directory is needed", []string{"a=file"}, "/a", true, false, errWantDir},
		{"a directory where a file is needed", []string{"a=dir"}, "/a", false, false, errWantFile},
		{"a FIFO where a directory is needed", []string{"a=fifo"}, "/a", true, false, errWantDir},
		{"a file above", []string{"a=file"}, "/a/b/c", true, false, errWantDir},
		{"a link", []string{"a=link:real", "real=dir"}, "/a", true, false, errLink},
		{"a link above", []string{"a=link:real", "real=dir"}, "/a/b", true, false, errLink},
		{"a link far above", []string{"a=link:real", "real=dir"}, "/a/b/c/d", false, false, errLink},
		{"a dangling link", []string{"a=link:nothing"}, "/a", true, true, errLink},
		{"a dangling link above", []string{"a=link:nothing"}, "/a/b", true, true, errLink},
		{"a dangling link for a file", []string{"a=link:nothing"}, "/a", false, true, fs.ErrNotExist},
		{"a loop of links", []string{"a=link:b", "b=link:a"}, "/a/x", true, true, errLink},
		{"a link to a file where a directory is needed", []string{"a=link:f", "f=file"}, "/a", true, true, errWantDir},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := plainBuilder(t, c.tree...)
			before := descriptors(t)
			_, err := b.target(c.target, c.dir, c.follow)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			wantNeeds(t, err, NeedsTarget)
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are left", after-before)
			}
		})
	}
}

// TestTargetNeverOutside: an image's link to a directory of the host leads to
// nothing, and nothing is made there.
func TestTargetNeverOutside(t *testing.T) {
	victim := t.TempDir()
	for _, follow := range []bool{false, true} {
		b, _ := plainBuilder(t, "a=link:"+victim)
		for _, target := range []string{"/a", "/a/x", "/a/x/y"} {
			if _, err := b.target(target, true, follow); err == nil {
				t.Errorf("%s was made, follow %v", target, follow)
			}
			if err := b.writeFile(Op{Target: target + "/f", Mode: 0o644, Follow: follow}); err == nil {
				t.Errorf("%s/f was written, follow %v", target, follow)
			}
		}
	}
	wantEmpty(t, victim)
}

func TestMkdirAndSymlinkLeaveWhatIsThere(t *testing.T) {
	b, root := plainBuilder(t, "d/keep=file:x", "l=file:y")
	for _, op := range []Op{
		{Kind: OpMkdir, Target: "/d", Mode: 0o700},
		{Kind: OpSymlink, Source: "elsewhere", Target: "/l"},
	} {
		if err := b.do(op); err != nil {
			t.Errorf("%s: %v", op.Kind, err)
		}
	}
	wantText(t, root, "d/keep", "x")
	wantText(t, root, "l", "y")
}

func TestMkdirIgnoresTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	b, root := plainBuilder(t)
	if err := b.do(Op{Kind: OpMkdir, Target: "/t", Mode: 0o1777}); err != nil {
		t.Fatal(err)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(filepath.Join(root, "t"), &st); err != nil || st.Mode&0o7777 != 0o1777 {
		t.Errorf("mode %o, %v; want 1777", st.Mode&0o7777, err)
	}
}

func TestUnknownStep(t *testing.T) {
	b, _ := plainBuilder(t)
	err := b.all([]Op{{Kind: "nonsense", Target: "/x"}})
	var e *Error
	if !errors.As(err, &e) || e.Path != "/x" {
		t.Errorf("got %v", err)
	}
}
