package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Stamp tells whether a file is the one that was read before, by what changes
// with its content; of a directory, an OCI layout, its index is looked at.
func Stamp(path string) (string, error) {
	st, err := os.Stat(path)
	if err == nil && st.IsDir() {
		st, err = os.Stat(filepath.Join(path, "index.json"))
	}
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(words(st)))
	return hex.EncodeToString(sum[:16]), nil
}

// StampTree is Stamp for a directory that holds a root file system: where programs and
// package managers leave their traces.
func StampTree(path string) (string, error) {
	text := ""
	for _, name := range []string{".", "etc", "etc/passwd", "usr", "usr/bin", "bin", "var/lib/dpkg/status", "lib/apk/db/installed"} {
		st, err := os.Lstat(filepath.Join(path, name))
		if err != nil && (name == "." || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)) {
			return "", err
		}
		if err == nil {
			text += name + "\x00" + words(st) + "\x00"
		}
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16]), nil
}

func words(st os.FileInfo) string {
	text := fmt.Sprintf("%d\x00%d", st.Size(), st.ModTime().UnixNano())
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		text += fmt.Sprintf("\x00%d\x00%d\x00%d", sys.Dev, sys.Ino, sys.Ctim.Nano())
	}
	return text
}

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
