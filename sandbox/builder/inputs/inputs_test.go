package inputs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// built is a store with an image that was built of a file and on another image.
type built struct {
	*store.Store
	file string
	have store.Image
}

func newBuilt(t *testing.T, age time.Duration, look func(*Recorder)) *built {
	t.Helper()
	s, err := store.Open(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &built{s, filepath.Join(t.TempDir(), "file"), store.Image{Name: "build:x", Digest: "sha256:made"}}
	if err := os.WriteFile(b.file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(age)
	b.base(t, "sha256:base")
	r := NewRecorder()
	r.File(b.file, Stamp(b.file))
	r.File(b.missing(), Stamp(b.missing()))
	r.Image("base", "sha256:base")
	look(r)
	if err := r.Write(s, b.have.Name, b.have.Digest); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *built) missing() string { return b.file + ".missing" }

func (b *built) base(t *testing.T, digest string) {
	t.Helper()
	if err := b.WriteImage(store.Image{Name: "base", Digest: digest}); err != nil {
		t.Fatal(err)
	}
}

func (b *built) fresh(how spec.Build) bool {
	return Fresh(b.Store, spec.Image{Name: b.have.Name, Build: &how}, b.have)
}

func nothing(*Recorder) {}

// TestFresh: whatever a build looked at makes it stale when it changes, and nothing else does.
func TestFresh(t *testing.T) {
	b := newBuilt(t, 2*clockTick, nothing)
	if !b.fresh(spec.Build{}) {
		t.Fatal("nothing has changed")
	}
	if b.fresh(spec.Build{NoCache: true}) || b.fresh(spec.Build{Pull: true}) {
		t.Error("it was to be made anew")
	}
	for what, change := range map[string]func(*built) error{
		"the file": func(b *built) error { return os.WriteFile(b.file, []byte("other"), 0o600) },
		"its mode": func(b *built) error { return os.Chmod(b.file, 0o644) },
		"it went":  func(b *built) error { return os.Remove(b.file) },
		"it came":  func(b *built) error { return os.WriteFile(b.missing(), nil, 0o600) },
		"the base": func(b *built) error { return b.WriteImage(store.Image{Name: "base", Digest: "sha256:other"}) },
		"the image": func(b *built) error {
			b.have.Digest = "sha256:another"
			return nil
		},
	} {
		b := newBuilt(t, 2*clockTick, nothing)
		if err := change(b); err != nil {
			t.Fatal(err)
		}
		if b.fresh(spec.Build{}) {
			t.Errorf("%s: it is taken for fresh", what)
		}
	}
}

// TestFreshIsCertain: what may have changed unseen has to be read again, but by the command that read it.
func TestFreshIsCertain(t *testing.T) {
	tooNew := newBuilt(t, 0, func(r *Recorder) { r.File("now", fmt.Sprintf("100600.1.1.%d.1.1", time.Now().UnixNano())) })
	if tooNew.fresh(spec.Build{}) {
		t.Error("a file that was just written is certain")
	}
	if !tooNew.fresh(spec.Build{Made: tooNew.have.Digest}) {
		t.Error("this command made it")
	}
	if newBuilt(t, 2*clockTick, (*Recorder).Off).fresh(spec.Build{}) {
		t.Error("too much was looked at to be looked at again")
	}
}

// TestTheFirstLookCounts: a file that changes while a build reads it is not as it was read.
func TestTheFirstLookCounts(t *testing.T) {
	b := newBuilt(t, 2*clockTick, func(r *Recorder) { r.File("twice", ""); r.File("twice", "100600.1.1.1.1.1") })
	if !b.fresh(spec.Build{}) {
		t.Error("it was not there, and is not")
	}
}
