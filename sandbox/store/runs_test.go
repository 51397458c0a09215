package store

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"
)

func TestTempIsNotStaleWhileInUse(t *testing.T) {
	s := open(t)
	a, doneA, err := s.Temp("4f2a9c")
	if err != nil {
		t.Fatal(err)
	}
	b, doneB, err := s.Temp("4f2a9c")
	if err != nil {
		t.Fatal(err)
	}
	defer doneB()
	if a.Path() == b.Path() || a.Socket() == b.Socket() {
		t.Errorf("%v and %v share a place", a, b)
	}
	wantMode(t, a.Path(), 0o700)
	wantMode(t, a.Runtime(), 0o700)
	if stale, err := s.Stale(); err != nil || len(stale) != 0 {
		t.Errorf("stale while in use: %v (%v)", stale, err)
	}
	if ids, err := s.IDs(); err != nil || len(ids) != 0 {
		t.Errorf("a run is listed as a sandbox: %v (%v)", ids, err)
	}
	if err := a.Remove(); err != nil {
		t.Fatal(err)
	}
	doneA()
	for _, path := range []string{a.Path(), a.Runtime()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestRunOfKilledProcessIsStale(t *testing.T) {
	s := open(t)
	run := startHelper(t, "run", s.Data(), s.Runtime())
	if stale, err := s.Stale(); err != nil || len(stale) != 0 {
		t.Fatalf("stale while in use: %v (%v)", stale, err)
	}
	must(run.Process.Kill())
	_ = run.Wait()
	stale, err := s.Stale()
	if err != nil || len(stale) != 1 {
		t.Fatalf("%v, %v", stale, err)
	}
	if again, err := s.Stale(); err != nil || len(again) != 0 {
		t.Errorf("claimed twice: %v (%v)", again, err)
	}
	if err := stale[0].Remove(); err != nil {
		t.Error(err)
	}
	stale[0].Done()
	if _, err := os.Lstat(stale[0].Runtime()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its runtime directory: %v", err)
	}
}

func holdRun(data, runtime string) {
	s, err := Open(data, runtime)
	must(err)
	_, _, err = s.Temp("4f2a9c")
	must(err)
	_, err = os.Stdout.WriteString("!")
	must(err)
	<-time.After(time.Minute)
}

func TestDiscard(t *testing.T) {
	s := locked(t, "4f2a9c")
	must(s.WriteState("4f2a9c", someState()))
	must(os.WriteFile(s.Sandbox("4f2a9c").Socket(), nil, 0o600))
	d, done, err := s.Discard("4f2a9c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadState("4f2a9c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still known: %v", err)
	}
	if _, err := os.Lstat(s.Sandbox("4f2a9c").Runtime()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("runtime directory: %v", err)
	}
	if _, err := os.Stat(d.State()); err != nil {
		t.Error(err)
	}
	done() // as if the process had died here
	if stale, err := s.Stale(); err != nil || len(stale) != 1 || stale[0].Path() != d.Path() {
		t.Errorf("%v, %v", stale, err)
	} else {
		stale[0].Done()
	}
	if _, _, err := s.Discard("000000"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
}
