package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Lock waits until no one else changes the sandbox id, in this process or any
// other, and makes the sandbox's directories if they are missing. It ends with
// ctx. The kernel lets go of the lock when the process dies. unlock may be
// called more than once.
//
// The directory may be removed while one waits: the lock counts only if the
// file that is locked is still the one at the path.
func (s *Store) Lock(ctx context.Context, id string) (unlock func(), err error) {
	d := s.Sandbox(id)
	for {
		f, err := s.openLock(d)
		if err != nil {
			return nil, fmt.Errorf("lock sandbox %s: %w", id, err)
		}
		ok, err := lockAndCheck(ctx, f, d.Lock())
		if ok {
			return func() { release(f) }, nil
		}
		release(f)
		if err != nil {
			return nil, fmt.Errorf("lock sandbox %s: %w", id, err)
		}
	}
}

// openLock makes what is missing on the way. In the usual case it is one call.
func (s *Store) openLock(d Dir) (*os.File, error) {
	if err := os.Mkdir(d.Runtime(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	for {
		// NFS turns flock into a byte-range lock, which needs a writable file.
		f, err := os.OpenFile(d.Lock(), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		if err := os.MkdirAll(d.Path(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) { // it may come and go
			return nil, err
		}
	}
}

// lockAndCheck is false without an error when f was removed meanwhile.
func lockAndCheck(ctx context.Context, f *os.File, path string) (bool, error) {
	if err := waitFlock(ctx, f); err != nil {
		return false, err
	}
	return isAt(f, path)
}

// isAt says whether path still leads to f.
func isAt(f *os.File, path string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(mine, now), nil
}

// waitFlock asks again and again, because a flock(2) that waits can be ended
// only by a signal. The longest pause is not felt by a person.
func waitFlock(ctx context.Context, f *os.File) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		ok, err := tryFlock(f)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// tryFlock is false when another has the lock.
func tryFlock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch err {
	case nil:
		return true, nil
	case syscall.EWOULDBLOCK, syscall.EINTR:
		return false, nil
	}
	return false, &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
}

// release does not rely on the close alone: a child between fork and exec still
// has a copy of the descriptor.
func release(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // a closed file is none of ours any more
	_ = f.Close()
}
