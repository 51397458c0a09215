package sandbox

import (
	"errors"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

func TestFindImage(t *testing.T) {
	s, err := store.Open(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{store: s}
	for name, digest := range map[string]string{
		"b:1": "sha256:abcdef00", "a:1": "sha256:abcdef00", "c:1": "sha256:abcdef11", "123456": "sha256:99999999", "d:1": "sha256:12345678",
	} {
		if err := s.WriteImage(store.Image{Name: name, Digest: digest}); err != nil {
			t.Fatal(err)
		}
	}
	for asked, want := range map[string]string{
		"b:1": "b:1", "abcdef0": "a:1", "sha256:abcdef11": "c:1", "123456": "123456", "1234567": "d:1",
		"12345": "", "": "", "sha256:": "", "fedcba": "",
	} {
		if got, err := e.FindImage(asked, asked); got != want || (want == "") != errors.Is(err, ErrNoImage) {
			t.Errorf("%q: got %q, %v", asked, got, err)
		}
	}
	if got, err := e.FindImage("abcdef", "abcdef"); err == nil || errors.Is(err, ErrNoImage) {
		t.Errorf("of two digests: got %q, %v", got, err)
	}
}
