package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A run's directory is itself locked as long as it is in use: the lock goes
// with the process, even when it is killed, and what is not locked is stale.

// Temp makes a directory for one run of the sandbox id, and its runtime
// directory. done gives up the claim on it; the caller has removed it by then,
// or else Stale finds it.
func (s *Store) Temp(id string) (d Dir, done func(), err error) {
	d, f, err := s.newRun(id)
	if err != nil {
		return Dir{}, nil, fmt.Errorf("make a directory for a run: %w", err)
	}
	if err := os.Mkdir(d.Runtime(), 0o700); err != nil {
		_ = os.Remove(d.Path()) // empty; the first error is the one to tell
		release(f)
		return Dir{}, nil, fmt.Errorf("make a directory for a run: %w", err)
	}
	return d, func() { release(f) }, nil
}

func (s *Store) newRun(id string) (Dir, *os.File, error) {
	if err := s.makeRuns(); err != nil {
		return Dir{}, nil, err
	}
	for {
		d := s.run(runName(id))
		err := os.Mkdir(d.Path(), 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return Dir{}, nil, err
		}
		// Without a lock for a moment, it may have been taken for a stale one.
		if f, err := takeRun(d); f != nil || err != nil {
			return d, f, err
		}
	}
}

// Discard takes the sandbox id out of the store in one step and returns what
// is left of it, for the caller to remove as one removes a run: first FS inside
// the user namespace, then Remove. The caller holds the sandbox's lock, and the
// sandbox is not running. If the caller dies on the way, Stale finds the rest.
func (s *Store) Discard(id string) (d Dir, done func(), err error) {
	d = s.run(runName(id))
	f, err := s.moveOut(s.Sandbox(id), d)
	if err != nil {
		return Dir{}, nil, fmt.Errorf("remove sandbox %s: %w", id, err)
	}
	return d, func() { release(f) }, nil
}

// moveOut locks the directory before it moves to where it could seem stale.
func (s *Store) moveOut(from, to Dir) (*os.File, error) {
	if err := s.makeRuns(); err != nil {
		return nil, err
	}
	f, err := os.Open(from.Path())
	if err != nil {
		return nil, err
	}
	_, err = tryFlock(f)
	if err == nil {
		err = os.RemoveAll(from.Runtime())
	}
	if err == nil {
		err = os.Rename(from.Path(), to.Path())
	}
	if err != nil {
		release(f)
		return nil, err
	}
	return f, nil
}

// Stale claims the runs that nobody claims any more: those of killed processes.
// The caller removes each and then calls its done.
func (s *Store) Stale() ([]Stale, error) {
	names, err := dirNames(s.run("").Path())
	if err != nil {
		return nil, err
	}
	var stale []Stale
	for _, name := range names {
		d := s.run(name)
		f, err := takeRun(d)
		if err != nil || f == nil {
			continue // not ours to judge now; the next call sees it again
		}
		stale = append(stale, Stale{d, func() { release(f) }})
	}
	return stale, nil
}

// Stale is one run that was left behind.
type Stale struct {
	Dir
	Done func()
}

// takeRun locks a run's directory; nil if another has it, or it is gone.
func takeRun(d Dir) (*os.File, error) {
	f, err := os.Open(d.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ok, err := tryFlock(f)
	if ok {
		ok, err = isAt(f, d.Path())
	}
	if !ok {
		release(f)
		return nil, err
	}
	return f, nil
}

// Remove deletes a run, or what Discard returned. Files of subordinate ids
// below FS must be gone before. It may be called again after an error.
func (d Dir) Remove() error {
	err := os.RemoveAll(d.runtime)
	return errors.Join(err, os.RemoveAll(d.path))
}

func (s *Store) makeRuns() error { return os.MkdirAll(filepath.Join(s.data, runsName), 0o700) }

func runName(id string) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, by its contract
	return fileName(id) + "-" + hex.EncodeToString(b[:])
}
