package agent

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lookPath finds a program as execvp(3) does: a name with a slash as it is,
// relative to dir, others along path. ENOENT when nothing is there, EACCES when
// only what cannot be executed is.
func lookPath(name, path, dir string) (string, error) {
	if strings.Contains(name, "/") {
		at := name
		if !filepath.IsAbs(at) {
			at = filepath.Join(dir, at)
		}
		return name, executable(at)
	}
	var found error = syscall.ENOENT
	for d := range strings.SplitSeq(path, ":") {
		if d == "" || !filepath.IsAbs(d) {
			d = filepath.Join(dir, d)
		}
		at := filepath.Join(d, name)
		switch err := executable(at); err {
		case nil:
			return at, nil
		case syscall.EACCES:
			found = err
		}
	}
	return "", found
}

func executable(path string) error {
	st, err := os.Stat(path)
	switch {
	case os.IsPermission(err):
		return syscall.EACCES
	case err != nil:
		return syscall.ENOENT
	case !st.Mode().IsRegular() || st.Mode()&0o111 == 0:
		return syscall.EACCES
	}
	return nil
}
