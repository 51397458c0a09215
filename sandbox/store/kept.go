package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Kind is a kind of directories that outlive sandboxes.
type Kind string

// Kinds.
const (
	Volumes Kind = volumesName
	Caches  Kind = cachesName
)

// KeptVersion is the version of KeptInfo as it is written to disk.
const KeptVersion = 1

// KeptInfo is what is known of a volume or a cache.
type KeptInfo struct {
	Version int       `json:"version"`
	Name    string    `json:"name"`
	Project string    `json:"project,omitempty"` // absolute path on the host; empty: every project's
	IDs     string    `json:"ids"`               // the id mapping that its owners belong to
	Made    time.Time `json:"made"`
	Used    time.Time `json:"-"` // when a sandbox was last started with it
}

// UseKept makes a volume or a cache if it is not there, and keeps it from being
// removed until release, or the end of the process. The answer is what is known
// of the one that is there, whatever info says.
func (s *Store) UseKept(ctx context.Context, kind Kind, key string, info KeptInfo) (have KeptInfo, release func(), err error) {
	d := s.Kept(kind, key)
	for {
		release, ok, err := share(d)
		if ok {
			if have, err = readKept(d); err == nil {
				now := time.Now()
				err = os.Chtimes(filepath.Join(d.Path(), keptName), now, now)
			}
			if err == nil {
				return have, release, nil
			}
			release()
		}
		if err != nil {
			return have, nil, fmt.Errorf("use %s %s: %w", kind, info.Name, err)
		}
		if err := s.makeKept(d, info); err != nil {
			return have, nil, fmt.Errorf("make %s %s: %w", kind, info.Name, err)
		}
		if err := ctx.Err(); err != nil { // it is being removed, again and again
			return have, nil, err
		}
	}
}

// makeKept makes one in one step. Where another was first, that one stays.
func (s *Store) makeKept(d Dir, info KeptInfo) error {
	if _, err := os.Lstat(d.Path()); err == nil {
		time.Sleep(time.Millisecond) // somebody is removing it at this moment
		return nil
	}
	info.Version, info.Made = KeptVersion, time.Now()
	b, err := json.Marshal(info)
	if err != nil {
		return err
	}
	tmp, done, err := s.Temp("kept")
	if err != nil {
		return err
	}
	defer done()
	if err = os.Mkdir(tmp.FS(), 0o700); err == nil {
		err = writeSynced(filepath.Join(tmp.Path(), keptName), append(b, '\n'))
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(d.Path()), 0o700)
	}
	if err == nil {
		err = os.Rename(tmp.Path(), d.Path())
	}
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, tmp.Remove())
}

// ReadKept is what is known of a volume or a cache; fs.ErrNotExist when it is not there.
func (s *Store) ReadKept(kind Kind, key string) (KeptInfo, error) {
	return readKept(s.Kept(kind, key))
}

func readKept(d Dir) (KeptInfo, error) {
	path := filepath.Join(d.Path(), keptName)
	st, err := os.Stat(path)
	if err != nil {
		return KeptInfo{}, err
	}
	k, err := readRecord(path, KeptVersion, func(k *KeptInfo) int { return k.Version })
	if err != nil {
		return k, err
	}
	k.Used = st.ModTime()
	return k, nil
}

// KeptKeys are the keys of all of a kind.
func (s *Store) KeptKeys(kind Kind) ([]string, error) {
	names, err := dirNames(filepath.Join(s.data, string(kind)))
	for i, name := range names {
		names[i] = unescape(name)
	}
	return names, err
}

// DropKept takes one that no command works with out of the store, as Discard
// does with a sandbox; false when a command does, or it is gone. may is asked
// last, when no sandbox can be started with it any more.
func (s *Store) DropKept(kind Kind, key string, may func() error) (d Dir, done func(), ok bool, err error) {
	return s.takeOut(s.Kept(kind, key), "kept", may)
}
