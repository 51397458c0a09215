package sandbox

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseTree(t *testing.T) {
	files, err := parseTree("100644 blob aa\ta file\x00100755 blob bb\tsub/run\x00120000 blob cc\tlink\x00160000 commit dd\tmodule\x00")
	want := []treeFile{{"100644", "aa", "a file"}, {"100755", "bb", "sub/run"}, {"120000", "cc", "link"}, {"160000", "dd", "module"}}
	if err != nil || fmt.Sprint(files) != fmt.Sprint(want) {
		t.Errorf("%v, %v", files, err)
	}
	for _, text := range []string{
		"100644 blob aa\tfile", "100644 blob aa file\x00", "blob aa\tfile\x00", "100644 blob a/a\tfile\x00", "\x00",
		"100644 blob aa\t\x00", "100644 blob aa\t/abs\x00", "100644 blob aa\t../up\x00", "100644 blob aa\ta/../../up\x00", "100644 blob aa\ta/./b\x00",
		"100644 blob aa\ta//b\x00", "100644 blob aa\t.git/config\x00", "100644 blob aa\tsub/.GIT/hooks/x\x00", "100644 blob aa\tdir/\x00",
	} {
		if files, err := parseTree(text); err == nil {
			t.Errorf("%q: %v", text, files)
		}
	}
}

// batch is what `git cat-file --batch` answers.
func batch(objects ...string) *bufio.Reader {
	var b strings.Builder
	for i, text := range objects {
		kind := "blob"
		if i == 0 {
			kind = "commit"
		}
		fmt.Fprintf(&b, "%02x %s %d\n%s\n", i, kind, len(text), text)
	}
	return bufio.NewReader(strings.NewReader(b.String()))
}

const aCommit = "tree 1\nauthor a <a> 1 +0000\ncommitter c <c> 1000000000 +0200\n\ncommitter x <x> 5 +0000\n"

func newRoot(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root, dir
}

func TestFilesOfACommit(t *testing.T) {
	root, dir := newRoot(t)
	files := []treeFile{{"100644", "1", "file"}, {"100755", "2", "sub/run"}, {"120000", "3", "link"}, {"160000", "4", "module"}, {"100644", "5", "sub/empty"}}
	if err := writeFiles(root, batch(aCommit, "one\n", "two", "sub/run", ""), files); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(filepath.Join(dir, "file"))
	run, err := os.Stat(filepath.Join(dir, "link"))
	empty, _ := os.Stat(filepath.Join(dir, "sub/empty"))
	module, _ := os.Stat(filepath.Join(dir, "module"))
	if err != nil || string(text) != "one\n" || run.Mode() != 0o755 || empty.Size() != 0 || !module.IsDir() {
		t.Errorf("%q %v %v %v %v", text, run, empty, module, err)
	}
	if !run.ModTime().Equal(time.Unix(1_000_000_000, 0)) {
		t.Errorf("a file's time is %v, want that of the commit", run.ModTime())
	}
}

func TestFilesOfACommitStayBelow(t *testing.T) {
	outside := t.TempDir()
	for name, c := range map[string]struct {
		files   []treeFile
		objects []string
	}{
		"through a link": {[]treeFile{{"120000", "1", "a"}, {"100644", "2", "a/file"}}, []string{aCommit, outside, "x"}},
		"a link again":   {[]treeFile{{"120000", "1", "a"}, {"100644", "2", "a"}}, []string{aCommit, outside + "/file", "x"}},
		"a long link":    {[]treeFile{{"120000", "1", "a"}}, []string{aCommit, strings.Repeat("x", maxLinkText+1)}},
		"fewer objects":  {[]treeFile{{"100644", "1", "a"}, {"100644", "2", "b"}}, []string{aCommit, "x"}},
		"no commit":      {[]treeFile{{"100644", "1", "a"}}, nil},
	} {
		root, _ := newRoot(t)
		if err := writeFiles(root, batch(c.objects...), c.files); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Errorf("outside there is %v", list)
	}
}

func TestHeaderOfAnObject(t *testing.T) {
	for _, text := range []string{"", "aa missing\n", "aa tree 3\n", "aa blob x\n", "aa blob -1\n", "aa blob 99999999999999999999\n", "aa blob 3"} {
		if size, err := header(bufio.NewReader(strings.NewReader(text)), "blob"); err == nil {
			t.Errorf("%q: %d", text, size)
		}
	}
}

func TestTimeOfACommit(t *testing.T) {
	for text, want := range map[string]int64{
		aCommit: 1_000_000_000, "": pristineEpoch, "committer\n": pristineEpoch, "committer a -5 +0000\n": pristineEpoch,
		"committer a 99999999999999999 +0000\n": pristineEpoch, "tree 1\n\ncommitter a <a> 7 +0\n": pristineEpoch,
	} {
		if got := commitTime(text).Unix(); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// FuzzCommit: whatever git answers, only files below the directory are made.
func FuzzCommit(f *testing.F) {
	f.Add("100644 blob aa\tfile\x00120000 blob bb\tsub/link\x00", []byte("aa commit 0\n\naa blob 1\nx\nbb blob 2\n..\n"))
	f.Add("120000 blob aa\ta\x00100644 blob bb\ta/b\x00", []byte("aa commit 0\n\naa blob 2\n..\nbb blob 0\n\n"))
	f.Fuzz(func(t *testing.T, list string, answer []byte) {
		files, err := parseTree(list)
		if err != nil || len(files) > 50 {
			return
		}
		top := t.TempDir()
		dir := filepath.Join(top, "dir")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = root.Close() }()
		_ = writeFiles(root, bufio.NewReader(bytes.NewReader(answer)), files)
		if above, _ := os.ReadDir(top); len(above) != 1 {
			t.Errorf("above there is %v", above)
		}
	})
}
