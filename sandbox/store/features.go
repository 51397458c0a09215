package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/userns"
)

// FeatureVersion is the version of FeatureName as it is written to disk.
const FeatureVersion = 1

// FeatureName is what a feature's name meant when it was looked for last.
type FeatureName struct {
	Version int       `json:"version"`
	Name    string    `json:"name"`
	Digest  string    `json:"digest"`
	Found   time.Time `json:"found"`
}

// Feature is where the files of a feature lie, all of them the caller's.
func (s *Store) Feature(digest string) Dir {
	return Dir{path: filepath.Join(s.data, featuresName, fileName(digest))}
}

func (s *Store) featureName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(s.data, featuresName, hex.EncodeToString(sum[:])+featureSuffix)
}

// UseFeature keeps a feature's files from being removed until release, or the end of
// the process. It is false for one that is not there.
func (s *Store) UseFeature(digest string) (release func(), ok bool, err error) {
	release, ok, err = share(s.Feature(digest))
	if err != nil {
		err = fmt.Errorf("use feature: %w", err)
	}
	return release, ok, err
}

// KeepFeature makes the feature digest of what a run's directory holds, in one
// step. Where another was first, that one stays, and d is removed.
func (s *Store) KeepFeature(d Dir, digest string) error {
	to := s.Feature(digest)
	err := userns.SyncFS(d.Path()) // it is never looked at again: after a power cut one that is there must be whole
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to.Path()), 0o700)
	}
	if err == nil {
		err = os.Rename(d.Path(), to.Path())
	}
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
		err = os.RemoveAll(d.Path())
	}
	if err != nil {
		return fmt.Errorf("keep feature: %w", err)
	}
	return os.RemoveAll(d.Runtime())
}

// Features are the digests of those that are here.
func (s *Store) Features() ([]string, error) {
	names, err := dirNames(filepath.Join(s.data, featuresName))
	for i, name := range names {
		names[i] = unescape(name)
	}
	return names, err
}

// DropFeature takes one that nobody uses out of the store, as DropLayer does with a layer.
func (s *Store) DropFeature(digest string) (d Dir, done func(), ok bool, err error) {
	return s.takeOut(s.Feature(digest), "feature", nil)
}

// ReadFeatureName is what is known of a name; fs.ErrNotExist when nothing is.
func (s *Store) ReadFeatureName(name string) (FeatureName, error) {
	return readRecord(s.featureName(name), FeatureVersion, func(f *FeatureName) int { return f.Version })
}

// WriteFeatureName remembers what a name meant.
func (s *Store) WriteFeatureName(name, digest string) error {
	b, err := json.Marshal(FeatureName{FeatureVersion, name, digest, time.Now()})
	if err != nil {
		return err
	}
	path := s.featureName(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("remember feature %s: %w", name, err)
	}
	if err := replace(path, path+newSuffix, append(b, '\n')); err != nil {
		return fmt.Errorf("remember feature %s: %w", name, err)
	}
	return nil
}
