package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
	text := fmt.Sprintf("%d\x00%d", st.Size(), st.ModTime().UnixNano())
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		text += fmt.Sprintf("\x00%d\x00%d\x00%d", sys.Dev, sys.Ino, sys.Ctim.Nano())
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16]), nil
}

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
