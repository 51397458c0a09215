package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func keptFeature(t *testing.T, s *Store, digest, text string) {
	t.Helper()
	d, done, err := s.Temp("feature")
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if err := errors.Join(os.MkdirAll(d.Root(), 0o755), os.WriteFile(filepath.Join(d.Root(), "f"), []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := s.KeepFeature(d, digest); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(d.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its run is left: %v", err)
	}
}

func TestFeatureIsKeptOnce(t *testing.T) {
	s := open(t)
	const digest = "sha256:ab"
	if _, ok, err := s.UseFeature(digest); ok || err != nil {
		t.Fatal(ok, err)
	}
	keptFeature(t, s, digest, "first")
	keptFeature(t, s, digest, "second")
	text, err := os.ReadFile(filepath.Join(s.Feature(digest).Root(), "f"))
	if err != nil || string(text) != "first" {
		t.Errorf("%s %v", text, err)
	}
	all, err := s.Features()
	if err != nil || !slices.Equal(all, []string{digest}) {
		t.Errorf("%q %v", all, err)
	}
	release, ok, err := s.UseFeature(digest)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, _, ok, err := s.DropFeature(digest); ok || err != nil {
		t.Errorf("one in use was dropped: %v", err)
	}
	release()
	d, done, ok, err := s.DropFeature(digest)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer done()
	if err := os.RemoveAll(d.Path()); err != nil {
		t.Fatal(err)
	}
}

func TestFeatureNames(t *testing.T) {
	s := open(t)
	const name = "ghcr.io/../x:1"
	if _, err := s.ReadFeatureName(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	for _, digest := range []string{"sha256:1", "sha256:2"} {
		if err := s.WriteFeatureName(name, digest); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.ReadFeatureName(name)
	if err != nil || f.Digest != "sha256:2" || f.Name != name {
		t.Errorf("%+v %v", f, err)
	}
	var damaged *CorruptError
	if err := os.WriteFile(s.featureName(name), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadFeatureName(name); !errors.As(err, &damaged) {
		t.Errorf("got %v", err)
	}
	var other *VersionError
	if err := os.WriteFile(s.featureName(name), []byte(`{"version": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadFeatureName(name); !errors.As(err, &other) {
		t.Errorf("got %v", err)
	}
	if all, err := s.Features(); err != nil || len(all) != 0 {
		t.Errorf("names are no features: %q %v", all, err)
	}
}
