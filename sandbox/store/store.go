// Package store answers: where does everything lie on disk, who may touch it,
// and is that sandbox still alive?
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// PlaceError: a directory cannot be trusted, or cannot be made.
type PlaceError struct {
	Path string // empty: none is known
	Why  string
	Err  error // nil when the directory itself is what is wrong
}

func (e *PlaceError) Error() string {
	s := "use directory " + e.Path + ": " + e.Why
	if e.Path == "" {
		s = "find a directory for data: " + e.Why
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}
func (e *PlaceError) Unwrap() error { return e.Err }

// Store is the directories of one user. It holds nothing open and may be used
// by many goroutines.
type Store struct{ data, runtime string }

// Open makes both directories if they are missing and checks that they are the
// caller's alone, or else returns a *PlaceError. When all is well that takes
// two system calls a directory, because each command begins with it.
func Open(data, runtime string) (*Store, error) {
	for _, path := range []string{data, runtime} {
		if err := claim(path); err != nil {
			return nil, err
		}
	}
	return &Store{data, runtime}, nil
}

// Data is the directory that stays, Runtime the one that a reboot empties.
func (s *Store) Data() string    { return s.data }
func (s *Store) Runtime() string { return s.runtime }

// claim makes path the caller's alone.
//
// Where everyone can make files, such as in /tmp, the name may have been taken
// by somebody else: a symbolic link is refused there, and so is a directory
// that was open to others for a while. Elsewhere a link is the user's own way
// to move the store, and loose permissions are tightened.
func claim(path string) error {
	if path == "" {
		return &PlaceError{Path: path, Why: "neither SANDBOX_DATA_DIR nor HOME is set to an absolute path"}
	}
	if !filepath.IsAbs(path) {
		return &PlaceError{Path: path, Why: "not an absolute path"}
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makePlace(path); err != nil {
			return err
		}
		info, err = os.Lstat(path) // another may have been faster
	}
	if err != nil {
		return &PlaceError{path, "cannot be looked at", cause(err)}
	}
	shared, err := isShared(filepath.Dir(path))
	if err != nil {
		return err
	}
	if info.Mode().Type() == fs.ModeSymlink && !shared {
		if info, err = os.Stat(path); err != nil {
			return &PlaceError{path, "symbolic link leads nowhere", cause(err)}
		}
	}
	return tighten(path, info, shared)
}

func makePlace(path string) error {
	// The XDG specification asks for 0700 in what is made on the way, too.
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.Mkdir(path, 0o700)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return &PlaceError{path, "cannot be made", err}
	}
	return nil
}

func isShared(parent string) (bool, error) {
	info, err := os.Stat(parent)
	if err != nil {
		return false, &PlaceError{parent, "cannot be looked at", cause(err)}
	}
	return info.Mode()&0o002 != 0, nil
}

// tighten decides on the directory info at path and closes it to others.
func tighten(path string, info fs.FileInfo, shared bool) error {
	if why := refusal(info, os.Geteuid(), shared); why != "" {
		return &PlaceError{Path: path, Why: why}
	}
	if info.Mode().Perm() == 0o700 {
		return nil
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return &PlaceError{path, "cannot be closed to others", cause(err)}
	}
	return nil
}

// refusal says why a directory cannot be used by uid; empty: it can.
func refusal(info fs.FileInfo, uid int, shared bool) string {
	owner := info.Sys().(*syscall.Stat_t).Uid
	switch {
	case info.Mode().Type() == fs.ModeSymlink:
		return "is a symbolic link, in a directory where everyone can make one"
	case !info.IsDir():
		return "not a directory"
	case owner != uint32(uid):
		return fmt.Sprintf("belongs to user %d, not to user %d", owner, uid)
	case shared && info.Mode().Perm()&0o077 != 0:
		return fmt.Sprintf("open to other users (mode %#o)", info.Mode().Perm())
	}
	return ""
}

// IDs are the sandboxes that have a directory, sorted. One may be gone by the
// time it is looked at, and one that was never finished has no state.
func (s *Store) IDs() ([]string, error) { return dirNames(filepath.Join(s.data, sandboxesName)) }

func dirNames(path string) ([]string, error) {
	list, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list sandboxes: %w", err)
	}
	var names []string
	for _, e := range list {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// cause is the errno of an error that names its path again.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
