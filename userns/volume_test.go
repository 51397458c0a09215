package userns

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// volumeOp is a volume beside the root of a builder.
func volumeOp(dir, target string) Op {
	return Op{Kind: OpVolume, Source: filepath.Join(filepath.Dir(dir), "volume"), Target: target, UID: os.Getuid(), GID: os.Getgid()}
}

func TestVolumeIsFilledFromTheImage(t *testing.T) {
	b, dir := plainBuilder(t, "data/sub/file=file:text", "data/link=link:/etc/passwd", "data/pipe=fifo", "data/empty=dir")
	old := time.Unix(1_000_000_000, 0)
	for name, mode := range map[string]os.FileMode{"data/sub/file": 0o640, "data/empty": 0o500, "data": 0o711} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	op := volumeOp(dir, "/data")
	// What a killed process left is not taken for a part of it.
	if err := os.MkdirAll(op.Source+".new/half", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := b.makeVolume(op); err != nil {
		t.Fatal(err)
	}
	wantText(t, op.Source, "sub/file", "text")
	for name, want := range map[string]string{"": "drwx--x--x", "sub/file": "-rw-r-----", "empty": "dr-x------", "pipe": "prw-r--r--", "link": "Lrwxrwxrwx"} {
		st, err := os.Lstat(filepath.Join(op.Source, name))
		if err != nil || st.Mode().String() != want {
			t.Errorf("%q: got %v, %v; want %s", name, st.Mode(), err, want)
		}
		if (name == "sub/file" || name == "empty") && !st.ModTime().Equal(old) {
			t.Errorf("%q: got %s", name, st.ModTime())
		}
	}
	if text, err := os.Readlink(filepath.Join(op.Source, "link")); text != "/etc/passwd" {
		t.Errorf("got %q, %v", text, err)
	}
	for _, name := range []string{op.Source + "/half", op.Source + ".new"} {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}

// Whatever stands at the target, the image cannot have anything from outside of it copied.
func TestVolumeIsFilledWithoutFollowingLinks(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("host"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tree := range map[string][]string{
		"target is a link":        {"data=link:" + filepath.Dir(secret)},
		"a link above the target": {"real=dir", "data=link:/real"},
		"a file":                  {"data=file:x"},
		"a pipe":                  {"data=fifo"},
		"nothing":                 nil,
	} {
		t.Run(name, func(t *testing.T) {
			b, dir := plainBuilder(t, tree...)
			op := volumeOp(dir, "/data")
			if err := b.makeVolume(op); err != nil {
				t.Fatal(err)
			}
			wantEmpty(t, op.Source)
		})
	}
	b, dir := plainBuilder(t, "data/file=link:"+secret, "data/dir=link:"+filepath.Dir(secret))
	op := volumeOp(dir, "/data")
	if err := b.makeVolume(op); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file", "dir"} {
		if st, err := os.Lstat(filepath.Join(op.Source, name)); err != nil || st.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s: got %v, %v", name, st, err)
		}
	}
}

func TestVolumeIsNotFilledWithoutEnd(t *testing.T) {
	b, dir := plainBuilder(t, "data="+"dir", "data/"+strings.Repeat("d/", maxNesting+2)+"end=file:x")
	op := volumeOp(dir, "/data")
	before := descriptors(t)
	if err := b.makeVolume(op); err == nil {
		t.Error("it ends with no error")
	}
	if _, err := os.Lstat(op.Source); err == nil {
		t.Error("half of it is taken for the whole")
	}
	if now := descriptors(t); now != before {
		t.Errorf("%d descriptors, %d before", now, before)
	}
}

// A second use finds it as it is, emptied or not.
func TestVolumeIsMadeOnce(t *testing.T) {
	b, dir := plainBuilder(t, "data/file=file:text")
	op := volumeOp(dir, "/data")
	if err := b.makeVolume(op); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(op.Source, "file")); err != nil {
		t.Fatal(err)
	}
	if err := b.makeVolume(op); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, op.Source)
}
