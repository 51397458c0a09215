package gitrepo

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxFile bounds every file of git that is read here.
const maxFile = 1 << 20

var errNotRegular = errors.New("not a regular file of at most 1 MiB")

// readText reads a small regular file; it never waits, and follows a link in the
// last part of the path only when told so.
func readText(path string, follow bool) (string, error) {
	flags := os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
	if !follow {
		flags |= syscall.O_NOFOLLOW
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() || st.Size() > maxFile {
		return "", &os.PathError{Op: "read", Path: path, Err: errNotRegular}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	return string(b), err
}

// kind tells what stands at a path, without following a link.
type kind int

const (
	nothing kind = iota
	file
	directory
	link
	other // a socket, a FIFO, or what cannot be looked at
)

func kindOf(path string) kind {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nothing
	case err != nil:
		return other
	case st.IsDir():
		return directory
	case st.Mode().IsRegular():
		return file
	case st.Mode()&os.ModeSymlink != 0:
		return link
	}
	return other
}

// mine reports whether something belongs to the caller.
func mine(path string) bool {
	st, err := os.Lstat(path)
	if err != nil {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Getuid()
}

// within reports whether path is dir or below it; both are clean and absolute.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// absolute is a path that stands in a file of the directory base.
func absolute(path, base string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(base, path)
	}
	return filepath.Clean(path)
}
