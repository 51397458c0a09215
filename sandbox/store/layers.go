package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// LayerVersion is the version of LayerInfo as it is written to disk.
const LayerVersion = 1

// LayerInfo is what is kept of an unpacked layer.
type LayerInfo struct {
	Version int       `json:"version"`
	DiffID  string    `json:"diffID,omitempty"` // of the uncompressed tar; empty when it was not one
	IDs     string    `json:"ids"`              // the id mapping that its owners belong to
	Size    int64     `json:"size"`             // bytes of file contents
	Entries int64     `json:"entries"`
	Made    time.Time `json:"made"`
	// Base are the keys of the layers that it was made on top of; none for a layer of an image.
	Base []string `json:"base,omitempty"`
	// Map is the mapping that IDs names, for who has to read it under another one.
	Map *userns.IDMap `json:"map,omitempty"`
}

// LayerKey names a layer unpacked under one id mapping: the owners on disk are
// those of the mapping, so that nothing is ever copied to change them.
func LayerKey(diffID, ids string) string { return diffID + "@" + ids }

// HaveLayer reports what is known of a layer; fs.ErrNotExist when it is not there.
func (s *Store) HaveLayer(key string) (LayerInfo, error) {
	l, err := readRecord(s.Layer(key).Layer(), LayerVersion, func(l *LayerInfo) int { return l.Version })
	if err != nil {
		return l, fmt.Errorf("read layer: %w", err)
	}
	return l, nil
}

// UseLayer keeps a layer from being removed until release, or the end of the
// process. It is false for one that is not there, or is being removed.
func (s *Store) UseLayer(key string) (release func(), ok bool, err error) {
	release, ok, err = share(s.Layer(key))
	if err != nil {
		err = fmt.Errorf("use layer: %w", err)
	}
	return release, ok, err
}

// share keeps a directory from being taken out of the store; false for one that is not there, or is being taken out.
func share(d Dir) (release func(), ok bool, err error) {
	f, err := os.Open(d.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	switch err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err {
	case nil:
		ok, err = isAt(f, d.Path())
	case syscall.EWOULDBLOCK:
		err = nil
	}
	if !ok {
		_ = f.Close()
		return nil, false, err
	}
	return func() { _ = f.Close() }, true, nil
}

// KeepLayer makes the layer key of what a run's directory holds, in one step:
// the directory is gone from where it was. Where another was first, that one
// stays, and the error is fs.ErrExist.
func (s *Store) KeepLayer(d Dir, key string, info LayerInfo) error {
	info.Version = LayerVersion
	b, err := json.Marshal(info)
	if err != nil {
		return err
	}
	// A layer is never looked at again: after a power cut one that is there must be whole. One
	// call for all of its files costs a fraction of what one for each does.
	if err := userns.SyncFS(d.Path()); err != nil {
		return fmt.Errorf("keep layer: %w", err)
	}
	if err := writeSynced(d.Layer(), append(b, '\n')); err != nil {
		return fmt.Errorf("keep layer: %w", err)
	}
	to := s.Layer(key)
	if err := os.MkdirAll(filepath.Dir(to.Path()), 0o700); err != nil {
		return fmt.Errorf("keep layer: %w", err)
	}
	err = os.Rename(d.Path(), to.Path())
	if errors.Is(err, syscall.ENOTEMPTY) {
		err = fs.ErrExist
	}
	if err != nil {
		return fmt.Errorf("keep layer: %w", err)
	}
	return os.RemoveAll(d.Runtime())
}

// DropLayer takes a layer that nobody uses out of the store, as Discard does
// with a sandbox; false when somebody does, or it is gone.
func (s *Store) DropLayer(key string) (d Dir, done func(), ok bool, err error) {
	d, done, ok, err = s.takeOut(s.Layer(key), "layer", nil)
	if err != nil {
		err = fmt.Errorf("remove layer: %w", err)
	}
	return d, done, ok, err
}

// takeOut moves what nobody shares to where it is removed, unless may, which is
// asked when nobody can begin to share it any more, has something against it.
func (s *Store) takeOut(from Dir, name string, may func() error) (d Dir, done func(), ok bool, err error) {
	if err := s.makeRuns(); err != nil {
		return Dir{}, nil, false, err
	}
	f, err := takeRun(from)
	if f == nil || err != nil {
		return Dir{}, nil, false, err
	}
	if may != nil {
		if err := may(); err != nil {
			release(f)
			return Dir{}, nil, false, err
		}
	}
	d = s.run(runName(name))
	if err := os.Rename(from.Path(), d.Path()); err != nil {
		release(f)
		return Dir{}, nil, false, err
	}
	return d, func() { release(f) }, true, nil
}

// SplitLayerKey takes a key apart.
func SplitLayerKey(key string) (diffID, ids string) {
	at := strings.LastIndexByte(key, '@')
	if at < 0 {
		return key, ""
	}
	return key[:at], key[at+1:]
}

// Layers are the keys of all layers.
func (s *Store) Layers() ([]string, error) {
	names, err := dirNames(filepath.Join(s.data, layersName))
	for i, name := range names {
		names[i] = unescape(name)
	}
	return names, err
}
