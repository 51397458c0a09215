package pick

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image/changes"
)

// tree makes files: a name that ends in / is a directory, one with "->" a link.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		name, target, isLink := strings.Cut(name, "->")
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		switch {
		case err != nil:
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// written is what an archive of a request has, by name and content.
func written(t *testing.T, tree Tree, r Request) []string {
	t.Helper()
	var out bytes.Buffer
	if err := tree.Write(context.Background(), &out, r, changes.Options{Header: Plain}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(&out); ; {
		h, err := r.Next()
		if err == io.EOF {
			return names
		}
		text, rerr := io.ReadAll(r)
		if err := errors.Join(err, rerr); err != nil {
			t.Fatal(err)
		}
		name := h.Name
		if h.Typeflag == tar.TypeReg && string(text) != strings.TrimPrefix(name, "./") {
			name += "=" + string(text)
		}
		if h.Linkname != "" {
			name += "->" + h.Linkname
		}
		names = append(names, name)
	}
}

func TestWhatIsSelected(t *testing.T) {
	dir := tree(t, "a.txt", "b.txt", "c1", "c2", "d/x", "d/sub/y", "link->a.txt", "up->d/x", "dlink->d", "d/in->../a.txt", "odd [1]", "e/")
	for _, c := range []struct {
		name, paths, want string
		parents           bool
		exclude           string
	}{
		{"a file", "a.txt", "a.txt", false, ""},
		{"a directory's content", "d", "./ in->../a.txt sub/ sub/y=d/sub/y x=d/x", false, ""},
		{"what a link names, by its name", "link", "link=a.txt", false, ""},
		{"behind a link", "dlink/x", "x=d/x", false, ""},
		{"through a link to a directory", "dlink", "./ in->../a.txt sub/ sub/y=d/sub/y x=d/x", false, ""},
		{"a link elsewhere", "up", "up=d/x", false, ""},
		{"a pattern", "c?", "./c1 ./c2", false, ""},
		{"a pattern of one", "*b.txt", "b.txt", false, ""},
		{"a class", "c[12]", "./c1 ./c2", false, ""},
		{"what a pattern means as text", `odd\ \[1\]`, "odd [1]", false, ""},
		{"a pattern within", "d/*/y", "y=d/sub/y", false, ""},
		{"any depth", "**/y", "y=d/sub/y", false, ""},
		{"parents", "d/sub/y", "./d/sub/y", true, ""},
		{"parents from a point on", "d/./sub/y", "./sub/y=d/sub/y", true, ""},
		{"excluded", "d", "./ in->../a.txt x=d/x", false, "d/sub"},
		{"an empty directory", "e", "./", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{Paths: []string{c.paths}, Parents: c.parents}
			if c.exclude != "" {
				r.Exclude = []string{c.exclude}
			}
			if got := strings.Join(written(t, Tree{Dir: dir}, r), " "); got != c.want {
				t.Errorf("%s\nis not\n%s", got, c.want)
			}
		})
	}
}

func TestNothingOutsideIsSelected(t *testing.T) {
	dir := tree(t, "in/f", "in/out->../secret", "in/abs->/etc/passwd", "in/dir->..", "in/circle->circle", "secret", "in/d/back->../../in/f")
	in := Tree{Dir: filepath.Join(dir, "in")}
	for _, path := range []string{"out", "abs", "dir/secret", "dir", "d/back", "*ut", "dir/*"} {
		var out *EscapeError
		if _, err := in.Select(Request{Paths: []string{path}}); !errors.As(err, &out) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := in.Select(Request{Paths: []string{"circle"}}); err == nil {
		t.Error("a circle of links is taken")
	}
	if got := written(t, in, Request{Paths: []string{"../../in/../f"}}); !slices.Equal(got, []string{"f=in/f"}) {
		t.Errorf("dots lead to %q", got)
	}
	root := Tree{Dir: filepath.Join(dir, "in"), Root: true} // a system: its links begin at its own top
	var missing *NotFoundError
	if _, err := root.Select(Request{Paths: []string{"abs"}}); !errors.As(err, &missing) {
		t.Errorf("an absolute link of an image: %v", err)
	}
}

var ancient = time.Unix(1, 0)

func TestIgnored(t *testing.T) {
	dir := tree(t, "a.log", "b.txt", "keep/logs/x.log", "keep/logs/important.log", "node_modules/m/i", "src/a.o", "src/a.c")
	ignore, err := ReadIgnore([]byte("# no\n\n**/*.log\n!keep/logs/important.log\nnode_modules\n/src/*.o\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := Tree{Dir: dir, Ignore: ignore}
	want := "./ b.txt keep/ keep/logs/ keep/logs/important.log src/ src/a.c"
	if got := strings.Join(written(t, in, Request{Paths: []string{"."}}), " "); got != want {
		t.Errorf("%s\nis not\n%s", got, want)
	}
	for _, path := range []string{"a.log", "node_modules", "node_modules/m/i", "src/a.o"} {
		var missing *NotFoundError
		if _, err := in.Select(Request{Paths: []string{path}}); !errors.As(err, &missing) || !missing.Ignored {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestDigest: content, modes and names count; times do not.
func TestDigest(t *testing.T) {
	dir := tree(t, "d/a", "d/b", "l->d/a", "m->d/a")
	digest := func(path string) string {
		t.Helper()
		sum, err := Tree{Dir: dir}.Digest(context.Background(), Request{Paths: []string{path}}, changes.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	first := digest("d")
	if err := os.Chtimes(filepath.Join(dir, "d/a"), ancient, ancient); err != nil {
		t.Fatal(err)
	}
	if digest("d") != first {
		t.Error("a time counts")
	}
	if digest("l") == digest("m") {
		t.Error("the name of a link does not count")
	}
	if err := os.Chmod(filepath.Join(dir, "d/a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if digest("d") == first {
		t.Error("a mode does not count")
	}
}

// TestOpenArchive: what it holds decides, not its name; and a link is no archive of the context's.
func TestOpenArchive(t *testing.T) {
	dir := tree(t, "plain.tar", "dir/", "link->packed")
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "a", Typeflag: tar.TypeReg}), w.Close(), os.WriteFile(filepath.Join(dir, "packed"), b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"packed": true, "plain.tar": false, "dir": false, "link": false} {
		f, err := Tree{Dir: dir}.OpenArchive(name)
		if err != nil || (f != nil) != want {
			t.Fatalf("%s: %v, %v", name, f, err)
		}
		if f != nil {
			if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, b.Bytes()) {
				t.Errorf("%s: not from its beginning: %d bytes, %v", name, len(got), err)
			}
			_ = f.Close()
		}
	}
}
