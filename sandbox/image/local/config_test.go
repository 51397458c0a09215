package local

import (
	"context"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// TestConfigOfWhatSaysNothing: an image of packages has no configuration, under whatever name it is asked for.
func TestConfigOfWhatSaysNothing(t *testing.T) {
	s, err := store.Open(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteImage(store.Image{Name: "debian:trixie"}); err != nil {
		t.Fatal(err)
	}
	m := &Images{Store: s}
	c, err := m.Config(context.Background(), spec.Image{Kind: spec.ImageRegistry, Name: "debian:trixie"}, Missing)
	if err != nil || c.Config.User != "" {
		t.Errorf("%+v, %v", c, err)
	}
}
