package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestKept(t *testing.T) {
	s := open(t)
	if _, err := s.ReadKept(Volumes, "v"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	first, release, err := s.UseKept(t.Context(), Volumes, "v@1", KeptInfo{Name: "v", IDs: "x"})
	if err != nil || first.Name != "v" || first.Made.IsZero() || first.Used.IsZero() {
		t.Fatalf("got %+v, %v", first, err)
	}
	second, release2, err := s.UseKept(t.Context(), Volumes, "v@1", KeptInfo{Name: "other", IDs: "y"})
	if err != nil || second.IDs != "x" || !second.Made.Equal(first.Made) {
		t.Errorf("got %+v, %v; want the one that is there", second, err)
	}
	release()
	if _, _, ok, err := s.DropKept(Volumes, "v@1", nil); ok || err != nil {
		t.Errorf("it is taken away from who uses it: %v", err)
	}
	release2()
	no := errors.New("no")
	if _, _, ok, err := s.DropKept(Volumes, "v@1", func() error { return no }); ok || !errors.Is(err, no) {
		t.Errorf("got %v, %v", ok, err)
	}
	if keys, err := s.KeptKeys(Volumes); err != nil || len(keys) != 1 || keys[0] != "v@1" {
		t.Errorf("got %v, %v", keys, err)
	}
	d, done, ok, err := s.DropKept(Volumes, "v@1", nil)
	if !ok || err != nil {
		t.Fatalf("got %v, %v", ok, err)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
	done()
	if keys, err := s.KeptKeys(Volumes); err != nil || len(keys) != 0 {
		t.Errorf("got %v, %v", keys, err)
	}
}

func TestKeptByManyAtOnce(t *testing.T) {
	s := open(t)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			_, release, err := s.UseKept(t.Context(), Caches, "go", KeptInfo{Name: "go"})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := os.Stat(s.Kept(Caches, "go").FS()); err != nil {
				t.Error(err) // nobody removes it now
			}
			release()
			if i%2 == 0 {
				d, done, ok, err := s.DropKept(Caches, "go", nil)
				if err != nil {
					t.Error(err)
				}
				if ok {
					if err := d.Remove(); err != nil {
						t.Error(err)
					}
					done()
				}
			}
		})
	}
	all.Wait()
	if left, err := dirNames(filepath.Join(s.data, runsName)); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestKeptThatIsDamaged(t *testing.T) {
	for text, want := range map[string]any{"}": new(*CorruptError), `{"version": 9}`: new(*VersionError)} {
		s := open(t)
		_, release, err := s.UseKept(t.Context(), Caches, "go", KeptInfo{Name: "go"})
		if err != nil {
			t.Fatal(err)
		}
		release()
		if err := os.WriteFile(filepath.Join(s.Kept(Caches, "go").Path(), keptName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.UseKept(t.Context(), Caches, "go", KeptInfo{}); !errors.As(err, want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
