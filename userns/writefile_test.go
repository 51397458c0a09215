package userns

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWriteFile(t *testing.T) {
	for _, c := range []struct {
		name   string
		tree   []string
		target string
		follow bool
		at     string
	}{
		{"nothing there", nil, "/f", false, "f"},
		{"parents made", nil, "/a/b/f", false, "a/b/f"},
		{"a file", []string{"f=file:old"}, "/f", false, "f"},
		{"a FIFO", []string{"f=fifo"}, "/f", false, "f"},
		{"a dangling link", []string{"f=link:nothing"}, "/f", true, "f"},
		{"a link above, followed", []string{"etc=link:/usr/etc", "usr/etc=dir"}, "/etc/f", true, "usr/etc/f"},
		{"above the root", nil, "/../../f", true, "f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, root := plainBuilder(t, c.tree...)
			op := Op{Kind: OpWrite, Target: c.target, Data: "new", Mode: 0o600, Follow: c.follow}
			if err := b.do(op); err != nil {
				t.Fatal(err)
			}
			wantText(t, root, c.at, "new")
			st, err := os.Lstat(filepath.Join(root, c.at))
			if err != nil || st.Mode() != 0o600 {
				t.Errorf("mode %v, %v", st.Mode(), err)
			}
		})
	}
}

// TestWriteFileReplaces: it is a new file; what had the name, or is linked from it, keeps its content.
func TestWriteFileReplaces(t *testing.T) {
	b, root := plainBuilder(t, "f=file:old", "precious=file:old", "l=link:precious")
	if err := os.Link(filepath.Join(root, "f"), filepath.Join(root, "other")); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/f", "/l"} {
		if err := b.writeFile(Op{Target: target, Data: "new", Mode: 0o644, Follow: true}); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"f": "new", "other": "old", "l": "new", "precious": "old"} {
		wantText(t, root, name, want)
	}
}

func TestWriteFileRefused(t *testing.T) {
	for _, c := range []struct {
		name, target string
		follow       bool
		want         error
	}{
		{"a directory", "/dir", true, syscall.EISDIR},
		{"a link above", "/link/f", false, errLink},
		{"a file above", "/file/f", true, errWantDir},
		{"a dangling link above", "/dangling/f", true, errLink},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := plainBuilder(t, "dir/x=file", "link=link:dir", "file=file", "dangling=link:nothing")
			before := descriptors(t)
			err := b.writeFile(Op{Target: c.target, Mode: 0o644, Follow: c.follow})
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

func TestReadText(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	b, _ := plainBuilder(t, "f=file:text", "l=link:f", "abs=link:/f", "up=link:../../../f",
		"out=link:"+outside, "dangling=link:nothing", "dir=dir", "d=link:/dir")
	for name, want := range map[string]string{
		"/f": "text", "/l": "text", "/abs": "text", "/up": "text", "/d/../f": "text",
		"/out": "", "/dangling": "", "/missing": "", "/f/below": "", "/missing/f": "",
	} {
		if got, err := b.readText(name); got != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestReadTextRefused(t *testing.T) {
	b, _ := plainBuilder(t, "fifo=fifo", "dir=dir", "loop=link:loop", "to=link:fifo")
	for name, want := range map[string]error{
		"/fifo": errNotRegular, "/to": errNotRegular, "/dir": errNotRegular, "/loop": syscall.ELOOP,
	} {
		_, err := b.readText(name)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
		wantNeeds(t, err, NeedsRootfs)
	}
}

func TestReadTextIsBounded(t *testing.T) {
	b, root := plainBuilder(t, "big=file")
	if err := os.Truncate(filepath.Join(root, "big"), 1<<40); err != nil {
		t.Fatal(err)
	}
	got, err := b.readText("/big")
	if err != nil || len(got) != maxText {
		t.Errorf("%d bytes, %v; want %d", len(got), err, maxText)
	}
}

func TestExists(t *testing.T) {
	b, _ := plainBuilder(t, "f=file", "l=link:/f", "dangling=link:nothing")
	for name, want := range map[string]bool{"/f": true, "/l": true, "/dangling": false, "/nothing": false, "/f/x": false} {
		if got := b.exists(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestIsMissing(t *testing.T) {
	for err, want := range map[error]bool{
		fs.ErrNotExist: true, syscall.ENOENT: true, syscall.ENOTDIR: true, syscall.ELOOP: false, syscall.EACCES: false,
	} {
		if isMissing(err) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
}

func TestEscape(t *testing.T) {
	got := escapeAll([]string{`/a:b`, `/c,d\e`})
	if want := strings.Join([]string{`/a\:b`, `/c\,d\\e`}, ":"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
