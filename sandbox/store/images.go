package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// ImageVersion is the version of Image as it is written to disk.
const ImageVersion = 1

// Image is what is kept of an image: a name, and what it meant when it was fetched.
type Image struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	// Origin is where its layers can be had again: a reference by digest, or a path.
	Origin string `json:"origin,omitempty"`
	// Stamp tells whether a file is the one that was read.
	Stamp    string        `json:"stamp,omitempty"`
	Digest   string        `json:"digest"`
	Manifest []byte        `json:"manifest,omitempty"`
	Config   []byte        `json:"config,omitempty"` // OCI image configuration, as it was received
	Layers   []image.Layer `json:"layers"`
	Pulled   time.Time     `json:"pulled"`
}

// ReadImage reads what is kept under a name; fs.ErrNotExist when nothing is.
func (s *Store) ReadImage(name string) (Image, error) { return readImage(s.image(name)) }

func readImage(path string) (Image, error) {
	i, err := readRecord(path, ImageVersion, func(i *Image) int { return i.Version })
	if err != nil {
		return i, fmt.Errorf("read image: %w", err)
	}
	return i, nil
}

// WriteImage replaces what is kept under its name.
func (s *Store) WriteImage(i Image) error {
	i.Version = ImageVersion
	b, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("write image %s: %w", i.Name, err)
	}
	path := s.image(i.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write image %s: %w", i.Name, err)
	}
	if err := replace(path, path+newSuffix, append(b, '\n')); err != nil {
		return fmt.Errorf("write image %s: %w", i.Name, err)
	}
	return nil
}

// RemoveImage forgets a name; fs.ErrNotExist when there is none. The layers stay.
func (s *Store) RemoveImage(name string) error {
	if err := os.Remove(s.image(name)); err != nil {
		return fmt.Errorf("remove image %s: %w", name, err)
	}
	if err := os.Remove(s.inputs(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove image %s: %w", name, err)
	}
	return nil
}

// Images are all that are kept, by name. One that cannot be read is left out.
func (s *Store) Images() ([]Image, error) {
	list, err := os.ReadDir(filepath.Join(s.data, imagesName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var out []Image
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), imageSuffix) {
			continue
		}
		if i, err := readImage(filepath.Join(s.data, imagesName, e.Name())); err == nil {
			out = append(out, i)
		}
	}
	return out, nil
}

// LockName waits until no one else makes the thing of that name. It ends with ctx.
func (s *Store) LockName(ctx context.Context, name string) (unlock func(), err error) {
	dir := filepath.Join(s.data, locksName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, fileName(name)), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err == nil {
		if err = waitFlock(ctx, f); err == nil {
			return func() { release(f) }, nil
		}
		_ = f.Close()
	}
	return nil, fmt.Errorf("lock %s: %w", name, err)
}
