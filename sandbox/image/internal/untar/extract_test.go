package untar

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestModesAndTimes(t *testing.T) {
	root := confined(t)
	su := file("./bin/su", "su")
	su.Mode = 0o4755
	mustExtract(t, root, dir("./", 0o750), dir("./bin", 0o555), su, symlink("bin/link", "su"), special(tar.TypeFifo, "bin/fifo"), file("./implied/f", "x"), dir("./tmp", 0o1777),
		dir("./none", 0o000), file("./none/f", "x"), dir("bin/sub", 0o2755))
	wantMode(t, root, fs.ModeDir|0o750)
	wantMode(t, filepath.Join(root, "bin"), fs.ModeDir|0o555)
	wantMode(t, filepath.Join(root, "bin/su"), fs.ModeSetuid|0o755)
	wantMode(t, filepath.Join(root, "bin/sub"), fs.ModeDir|fs.ModeSetgid|0o755)
	wantMode(t, filepath.Join(root, "tmp"), fs.ModeDir|fs.ModeSticky|0o777)
	wantMode(t, filepath.Join(root, "implied"), fs.ModeDir|0o755)
	wantMode(t, filepath.Join(root, "none"), fs.ModeDir)
	for _, name := range []string{"", "bin", "bin/su", "bin/link", "bin/fifo", "tmp"} {
		info, err := os.Lstat(filepath.Join(root, name))
		if err != nil || !info.ModTime().Equal(time.Unix(1_000_000_000, 0)) {
			t.Errorf("%q: time %v (%v)", name, info.ModTime(), err)
		}
	}
}

func TestDirectoryThatCannotBeFilledIsFilled(t *testing.T) {
	root := confined(t)
	mustExtract(t, root, dir("d", 0o500), dir("d/e", 0o500), file("d/e/f", "1"))
	mustExtract(t, root, dir("d", 0o500), dir("d/e", 0o500), file("d/e/f", "2")) // over the first
	wantFile(t, filepath.Join(root, "d/e/f"), "2")
	wantMode(t, filepath.Join(root, "d/e"), fs.ModeDir|0o500)
}

func TestReplacing(t *testing.T) {
	long := strings.Repeat("n", 200) + "/" + strings.Repeat("m", 200)
	for name, c := range map[string]struct {
		items []item
		path  string
		want  string
	}{
		"file by file":       {[]item{file("a", "old"), file("a", "x")}, "a", "x"},
		"directory by file":  {[]item{file("a/b/c", "old"), dir("a/b", 0), file("a", "x")}, "a", "x"},
		"file by directory":  {[]item{file("a", "old"), dir("a", 0o755), file("a/b", "x")}, "a/b", "x"},
		"link by file":       {[]item{file("b", "old"), symlink("a", "b"), file("a", "x")}, "a", "x"},
		"hard link by file":  {[]item{file("a", "x"), hardlink("b", "a"), file("b", "y")}, "a", "x"},
		"file by hard link":  {[]item{file("a", "x"), file("b", "old"), hardlink("b", "a")}, "b", "x"},
		"directory kept":     {[]item{dir("a", 0o755), file("a/b", "x"), dir("a", 0o700)}, "a/b", "x"},
		"directory by link":  {[]item{file("b/f", "x"), dir("a", 0o700), file("a/f", "old"), symlink("a", "b")}, "a/f", "x"},
		"fifo by file":       {[]item{special(tar.TypeFifo, "a"), file("a", "x")}, "a", "x"},
		"file by fifo, file": {[]item{file("a", "old"), special(tar.TypeFifo, "a"), file("a", "x")}, "a", "x"},
		"long name":          {[]item{file(long, "x")}, long, "x"},
		"absolute":           {[]item{file("/etc/x", "x")}, "etc/x", "x"},
		"dots and slashes":   {[]item{file("././/etc//./x", "x")}, "etc/x", "x"},
		"not UTF-8":          {[]item{file("\xff\xfe", "x")}, "\xff\xfe", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			root := confined(t)
			mustExtract(t, root, c.items...)
			wantFile(t, filepath.Join(root, c.path), c.want)
		})
	}
}

func TestTimeThatNoKernelKnows(t *testing.T) {
	it := file("f", "")
	it.Format, it.ModTime = tar.FormatPAX, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	root := confined(t)
	mustExtract(t, root, it)
	if info, err := os.Stat(filepath.Join(root, "f")); err != nil || !info.ModTime().Equal(time.Unix(0, 0)) {
		t.Errorf("%v (%v)", info.ModTime(), err)
	}
}

func TestSparse(t *testing.T) {
	temp := t.TempDir()
	f, err := os.Create(filepath.Join(temp, "holes"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{f.Truncate(8 << 20), second(f.WriteAt([]byte("middle"), 4<<20)), f.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []string{"gnu", "pax"} {
		t.Run(format, func(t *testing.T) {
			data, err := exec.Command("tar", "--sparse", "--format="+format, "-C", temp, "-c", "holes").Output()
			if err != nil {
				t.Fatal(err)
			}
			root := confined(t)
			if _, err := extract(t, root, data, Options{}); err != nil {
				t.Fatal(err)
			}
			want, _ := os.ReadFile(filepath.Join(temp, "holes"))
			got, err := os.ReadFile(filepath.Join(root, "holes"))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("contents differ (%v)", err)
			}
			var st syscall.Stat_t
			if err := syscall.Stat(filepath.Join(root, "holes"), &st); err != nil || st.Blocks*512 > 1<<20 {
				t.Errorf("takes %d bytes (%v)", st.Blocks*512, err)
			}
		})
	}
}

func second(_ int, err error) error { return err }

func TestDamagedArchives(t *testing.T) {
	data := archive(t, file("a", strings.Repeat("x", 2000)), file("b", "y"))
	gz := compress(t, data)
	flipped := bytes.Clone(gz)
	flipped[len(flipped)-6] ^= 1 // the checksum
	for name, c := range map[string]struct {
		data []byte
		cut  bool
	}{
		"empty":                   {nil, true},
		"in a header":             {data[:100], true},
		"in contents":             {data[:1000], true},
		"in padding":              {data[:512+2040], true},
		"between entries":         {data[:512+2048], true},
		"before the end":          {data[:512+2048+1024], true},
		"one zero block is ok":    {data[:512+2048+1024+512], false},
		"gzip cut":                {gz[:len(gz)/2], true},
		"gzip cut in its trailer": {gz[:len(gz)-2], true},
		"gzip of nothing":         {compress(t, nil), true},
		"gzip header only":        {gz[:5], true},
		"gzip checksum":           {flipped, false},
		"no tar":                  {[]byte(strings.Repeat("hello ", 200)), false},
		"gzip of no tar":          {compress(t, []byte(strings.Repeat("hello ", 200))), false},
		"short text":              {[]byte("hi"), true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := extract(t, confined(t), c.data, Options{})
			if strings.HasSuffix(name, "is ok") {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var damaged *ArchiveError
			if !errors.As(err, &damaged) || errors.Is(err, io.ErrUnexpectedEOF) != c.cut {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	data := compress(t, archive(t, file("a", strings.Repeat("x", 4<<20))))
	r := io.MultiReader(bytes.NewReader(data[:len(data)-100]), cancelReader(cancel), bytes.NewReader(data[len(data)-100:]))
	if _, err := Extract(ctx, r, confined(t), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type cancelReader func()

func (c cancelReader) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}

func TestNoDirectory(t *testing.T) {
	root := filepath.Join(t.TempDir(), "missing")
	if _, err := extract(t, root, nil, Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), root) {
		t.Errorf("got %v", err)
	}
}
