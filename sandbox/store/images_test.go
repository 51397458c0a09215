package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

func TestImageComesBack(t *testing.T) {
	s := open(t)
	long := strings.Repeat("docker.io/library/", 20) + "debian:13"
	for _, name := range []string{"debian:13", "apt:trixie + git", "../x", long} {
		if _, err := s.ReadImage(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s before: %v", name, err)
		}
		want := Image{Name: name, Digest: "sha256:ab", Config: []byte("{}"), Layers: []image.Layer{{DiffID: "sha256:cd"}}}
		if err := s.WriteImage(want); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ReadImage(name); err != nil || got.Name != name || got.Layers[0].DiffID != "sha256:cd" || string(got.Config) != "{}" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if err := os.WriteFile(filepath.Join(s.Data(), "images", "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Images(); err != nil || len(all) != 4 {
		t.Errorf("got %d, %v; want the four that can be read", len(all), err)
	}
	if err := s.RemoveImage(long); err != nil {
		t.Error(err)
	}
	if err := s.RemoveImage(long); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestLockNameIsOneAtATime(t *testing.T) {
	s := open(t)
	unlock, err := s.LockName(t.Context(), "layer x")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.LockName(ended, "layer x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock()
	again, err := s.LockName(t.Context(), "layer x")
	if err != nil {
		t.Fatal(err)
	}
	again()
}
