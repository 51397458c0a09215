package apt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// cache is a directory of files that are named by the SHA-256 of what they are:
//
//	index/<sum>.zst   what matters of a list of packages, by the sum of the
//	                  archive's own file
//	deb/<sum>.deb     a package as the archive has it
//	fast/<sum>.deb    the same package with its parts compressed by zstd, which
//	                  decompresses twenty times as fast as xz; made from the one
//	                  in deb/ after that was verified
//
// Each file is written under another name and renamed, so that any number of
// processes can share the directory, and each can be removed at any time.
type cache struct{ dir string }

func (c cache) index(sha256 string) string { return filepath.Join(c.dir, "index", sha256+".zst") }
func (c cache) deb(sha256 string) string   { return filepath.Join(c.dir, "deb", sha256+".deb") }
func (c cache) fast(sha256 string) string  { return filepath.Join(c.dir, "fast", sha256+".deb") }

// write makes the file at path of what fill writes. Nobody sees half a file.
func (c cache) write(path string, fill func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = fill(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// checker passes on what is written to it, and knows its size and sum.
type checker struct {
	w    io.Writer
	hash hash.Hash
	size int64
}

func newChecker(w io.Writer) *checker { return &checker{w: w, hash: sha256.New()} }

func (c *checker) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.hash.Write(p[:n])
	c.size += int64(n)
	return n, err
}

// check compares with what the archive's index says.
func (c *checker) check(name string, want sum) error {
	if c.size != want.size {
		return &HashError{name, fmt.Sprintf("%d bytes", want.size), fmt.Sprintf("%d bytes", c.size)}
	}
	if got := hex.EncodeToString(c.hash.Sum(nil)); got != want.sha256 {
		return &HashError{name, want.sha256, got}
	}
	return nil
}

// verified says whether the file at path is there and what it should be. One
// that is not is removed.
func verified(path string, want sum) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // read only
	c := newChecker(io.Discard)
	if _, err := io.Copy(c, f); err != nil {
		return false, err
	}
	if c.check(path, want) == nil {
		return true, nil
	}
	return false, os.Remove(path)
}
