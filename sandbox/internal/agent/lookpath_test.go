package agent

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestLookPath(t *testing.T) {
	root := t.TempDir()
	for name, mode := range map[string]os.FileMode{
		"bin/run": 0o755, "bin/both": 0o644, "usr/both": 0o755, "bin/text": 0o644, "work/here": 0o755, "work/sub/below": 0o755,
	} {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Mkdir(root+"/bin/dir", 0o755), os.Symlink("run", root+"/bin/link"), os.Symlink("none", root+"/bin/dangling"),
		syscall.Mkfifo(root+"/bin/fifo", 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const path = "/bin:/usr"
	for _, c := range []struct {
		name, program, path, want string
		err                       error
	}{
		{"found", "run", path, "/bin/run", nil},
		{"what cannot be executed is passed over", "both", path, "/usr/both", nil},
		{"a link", "link", path, "/bin/link", nil},
		{"not there", "nothing", path, "", syscall.ENOENT},
		{"a dangling link", "dangling", path, "", syscall.ENOENT},
		{"not executable", "text", path, "", syscall.EACCES},
		{"a directory", "dir", path, "", syscall.EACCES},
		{"a FIFO", "fifo", path, "", syscall.EACCES},
		{"the directory itself", ".", path, "", syscall.EACCES},
		{"an entry that is no directory", "run", "/bin/run:/bin", "/bin/run", nil},
		{"an empty entry", "here", path + "::/none", "/work/here", nil},
		{"an empty path", "here", "", "/work/here", nil},
		{"an empty path, not there", "run", "", "", syscall.ENOENT},
		{"a relative entry", "below", "sub:" + path, "/work/sub/below", nil},
		{"a slash, absolute", "ROOT/bin/run", "", "/bin/run", nil},
		{"a slash, relative", "sub/below", path, "sub/below", nil},
		{"a slash, upwards", "../bin/run", "", "../bin/run", nil},
		{"a slash, not in the path", "sub/run", path, "", syscall.ENOENT},
		{"a slash, not executable", "../bin/text", path, "", syscall.EACCES},
		{"a slash, a directory", "./sub", path, "", syscall.EACCES},
		{"a slash, below a file", "./here/x", path, "", syscall.ENOENT},
	} {
		t.Run(c.name, func(t *testing.T) {
			var dirs []string
			for _, d := range strings.Split(c.path, ":") {
				if strings.HasPrefix(d, "/") {
					d = root + d
				}
				dirs = append(dirs, d)
			}
			program := strings.Replace(c.program, "ROOT", root, 1)
			got, err := lookPath(program, strings.Join(dirs, ":"), root+"/work")
			if err != c.err {
				t.Fatalf("got %q, %v; want %v", got, err, c.err)
			}
			if want := strings.TrimPrefix(c.want, root); err == nil && strings.TrimPrefix(got, root) != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
