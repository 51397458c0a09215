package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// keptLayer makes one, and lets go of it.
func keptLayer(t *testing.T, s *Store, key string) {
	t.Helper()
	d, done, err := s.Temp("layer")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(d.Root(), 0o755), os.WriteFile(filepath.Join(d.Root(), "f"), []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := s.KeepLayer(d, key, LayerInfo{DiffID: "sha256:ab", IDs: "single", Size: 1}); err != nil {
		t.Fatal(err)
	}
	done()
}

func TestLayerIsKeptWhole(t *testing.T) {
	s := open(t)
	key := LayerKey("sha256:ab", "single")
	if _, err := s.HaveLayer(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	if _, ok, err := s.UseLayer(key); ok || err != nil {
		t.Errorf("use before: %v, %v", ok, err)
	}
	keptLayer(t, s, key)
	if l, err := s.HaveLayer(key); err != nil || l.DiffID != "sha256:ab" || l.Version != LayerVersion {
		t.Errorf("got %+v, %v", l, err)
	}
	if _, err := os.Stat(filepath.Join(s.Layer(key).Root(), "f")); err != nil {
		t.Error(err)
	}
	if keys, err := s.Layers(); err != nil || !slices.Equal(keys, []string{key}) {
		t.Errorf("got %v, %v", keys, err)
	}
	if stale, err := s.Stale(); err != nil || len(stale) > 0 {
		t.Errorf("left: %v, %v", stale, err)
	}
	if id, ids := SplitLayerKey(key); id != "sha256:ab" || ids != "single" {
		t.Errorf("%s is made of %s and %s", key, id, ids)
	}
}

// TestSecondLayerLoses: two that unpack the same keep one.
func TestSecondLayerLoses(t *testing.T) {
	s := open(t)
	keptLayer(t, s, "a@b")
	d, done, err := s.Temp("layer")
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if err := errors.Join(os.MkdirAll(d.Root(), 0o755), s.KeepLayer(d, "a@b", LayerInfo{})); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
}

func TestLayerInUseStays(t *testing.T) {
	s := open(t)
	keptLayer(t, s, "a@b")
	first, ok, err := s.UseLayer("a@b")
	second, ok2, err2 := s.UseLayer("a@b")
	if !ok || !ok2 || err != nil || err2 != nil {
		t.Fatal(ok, ok2, err, err2)
	}
	first()
	if _, _, ok, err := s.DropLayer("a@b"); ok || err != nil {
		t.Errorf("dropped while in use: %v, %v", ok, err)
	}
	second()
	d, done, ok, err := s.DropLayer("a@b")
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := s.UseLayer("a@b"); ok || err != nil {
		t.Errorf("use of a dropped one: %v, %v", ok, err)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
	done()
	if _, _, ok, err := s.DropLayer("a@b"); ok || err != nil {
		t.Errorf("dropped twice: %v, %v", ok, err)
	}
}

func TestReadLayerRefuses(t *testing.T) {
	s := open(t)
	keptLayer(t, s, "a@b")
	for _, text := range []string{"", "{", `{"version": 99}`} {
		if err := os.WriteFile(s.Layer("a@b").Layer(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var corrupt *CorruptError
		var version *VersionError
		if _, err := s.HaveLayer("a@b"); !errors.As(err, &corrupt) && !errors.As(err, &version) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
