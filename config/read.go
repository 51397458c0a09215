package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// readInside reads a file of a project. Between the check and the reading nothing
// can be exchanged: the links are followed below dir only, and what is checked is
// the file that is open. The pipe that somebody put there does not hold us up.
func readInside(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open project: %w", err)
	}
	defer root.Close()
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if info, lerr := root.Lstat(name); lerr == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, linkProblem(filepath.Join(dir, name), err)
		}
		return nil, err
	}
	return readOpen(filepath.Join(dir, name), file)
}

// readUser reads the user's own settings, which may lie behind any links.
func readUser(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return readOpen(path, file)
}

// ValidateFile is Validate of a file, which nobody has to have vouched for: a pipe
// does not hold us up, and of an endless one no more is read than a configuration has.
func ValidateFile(path string) Problems {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return unreadable(path, err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return fileProblem(path, "not a regular file")
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return unreadable(path, err)
	}
	return Validate(path, data)
}

func unreadable(path string, err error) Problems {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fileProblem(path, "cannot be read: "+err.Error())
}

// readOpen reads an open file and closes it. It stops where a file becomes too
// large to be a configuration.
func readOpen(path string, file *os.File) ([]byte, error) {
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkInfo(path, info); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

// readError names the whole path, once.
func readError(path string, err error) error {
	var owner *OwnerError
	if errors.As(err, &owner) {
		return err
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("read %s: %w", path, err)
}

// missing reports that a file is not there, which is no error for a layer.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
