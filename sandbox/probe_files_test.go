package sandbox_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// probeBinary tries to write to the program of every process inside, and to its
// own: as a script whose interpreter is /proc/self/exe that is the agent's.
func probeBinary([]string) map[string]string {
	got := map[string]string{}
	paths := []string{"/proc/self/exe"}
	all, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, path := range append(paths, all...) {
		for what, do := range map[string]func() error{
			"write":    func() error { return openClose(path, os.O_WRONLY) },
			"append":   func() error { return openClose(path, os.O_WRONLY|os.O_APPEND) },
			"truncate": func() error { return os.Truncate(path, 0) },
			"chmod":    func() error { return os.Chmod(path, 0o777) },
			"utime":    func() error { return os.Chtimes(path, epoch(), epoch()) },
			"xattr":    func() error { return syscall.Setxattr(path, "user.test", []byte("x"), 0) },
			"link":     func() error { return linkFollow(path, "stolen") },
			"reopen":   func() error { return reopen(path) },
		} {
			got[path+" "+what] = try(do())
		}
	}
	return got
}

func openClose(path string, flags int) error {
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// reopen is the way of CVE-2019-5736: a reference first, a writable descriptor by it later.
func reopen(path string) error {
	const oPath = 0x200000
	fd, err := syscall.Open(path, oPath, 0)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(fd) }()
	return openClose("/proc/self/fd/"+strconv.Itoa(fd), os.O_RDWR)
}

// probeDescriptors tells where the descriptors and directories of every process lead.
func probeDescriptors([]string) map[string]string {
	got := map[string]string{}
	for _, pattern := range []string{"fd/*", "cwd", "root"} {
		links, _ := filepath.Glob("/proc/[0-9]*/" + pattern)
		for _, l := range links {
			if to, err := os.Readlink(l); err == nil {
				got[l] = to
			}
		}
	}
	return got
}

// probeFiles tells the content of files, or why it cannot be had.
func probeFiles(args []string) map[string]string {
	got := map[string]string{}
	for _, path := range args {
		st, err := os.Lstat(path)
		switch {
		case err != nil:
			got[path] = "error: " + err.Error()
		case st.IsDir():
			list, err := os.ReadDir(path)
			var names []string
			for _, e := range list {
				names = append(names, e.Name())
			}
			got[path] = strings.Join(names, " ")
			if err != nil {
				got[path] = "error: " + err.Error()
			}
		default:
			b := make([]byte, 4096)
			n, err := readSome(path, b)
			got[path] = string(b[:n])
			if err != nil {
				got[path] = "error: " + err.Error()
			}
		}
	}
	return got
}

func readSome(path string, b []byte) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	n, err := f.Read(b)
	if n == 0 && err != nil && err.Error() == "EOF" {
		err = nil
	}
	return n, err
}

// probeWrite appends the first argument to the files that the others name.
func probeWrite(args []string) map[string]string {
	got := map[string]string{}
	for _, path := range args[1:] {
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = appendTo(path, args[0])
		}
		got[path] = try(err)
	}
	return got
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// probeSockets lists the sockets that have a name in the file system, and the abstract ones.
func probeSockets([]string) map[string]string {
	got := map[string]string{}
	_ = filepath.WalkDir("/", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || path == "/proc" || path == "/sys" || path == "/usr" || path == "/opt":
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case d.Type()&fs.ModeSocket != 0:
			got[path] = "ok"
		}
		return nil
	})
	b, _ := os.ReadFile("/proc/net/unix")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 7 && f[7] != "Path" {
			got[f[7]] = "ok"
		}
	}
	return got
}

// probeDial connects to each address, network and name by turns.
func probeDial(args []string) map[string]string {
	got := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		c, err := net.Dial(args[i], args[i+1])
		got[args[i]+" "+args[i+1]] = try(err)
		if err == nil {
			_ = c.Close()
		}
	}
	return got
}

// probeOpen opens as many files as it may.
func probeOpen([]string) map[string]string {
	n := 0
	for ; n < 100000; n++ {
		if _, err := syscall.Open("/dev/null", os.O_RDONLY, 0); err != nil {
			break
		}
	}
	return map[string]string{"opened": strconv.Itoa(n)}
}
