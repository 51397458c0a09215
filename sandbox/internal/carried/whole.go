package carried

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/rootless-sandbox/sandbox/sandbox/store/place"
	"github.com/rootless-sandbox/sandbox/userns"
)

// ErrCore: this is the core of the program, and what was asked for takes the whole of it.
var ErrCore = errors.New("only the whole program can do that")

// Exec goes on as the whole program; it returns only when that fails.
func Exec(args, environ []string) error {
	path, err := Whole()
	if err == nil {
		err = &fs.PathError{Op: "execve", Path: path, Err: syscall.Exec(path, args, environ)}
	}
	// A disk that is full or takes no programs: the rest of the memory will do.
	content, rerr := unzipped()
	if rerr == nil {
		rerr = userns.ExecCopy(content, args, environ)
	}
	return fmt.Errorf("start the whole program: %w", errors.Join(err, rerr))
}

// Whole is the file of the whole program.
func Whole() (string, error) {
	return program{name: "whole", prefix: place.WholePrefix, read: unzipped}.put()
}

// unzipped is the program, which is carried compressed: most people need it now and then.
func unzipped() ([]byte, error) {
	packed, err := fs.ReadFile(files, "files/whole.gz")
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
