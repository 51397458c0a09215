package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestStateComesBackAsItWas(t *testing.T) {
	s := locked(t, "4f2a9c")
	want := someState()
	want.Created = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, done := range [][]string{{"create"}, {"create", "start"}} { // written, and replaced
		want.HooksDone = done
		if err := s.WriteState("4f2a9c", want); err != nil {
			t.Fatal(err)
		}
		got, err := s.ReadState("4f2a9c")
		want.Version = StateVersion
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
	}
	if info, err := os.Stat(s.Sandbox("4f2a9c").State()); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v (%v)", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.Sandbox("4f2a9c").Path(), "*.new")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestHalfWrittenStateIsNotSeen(t *testing.T) {
	s := locked(t, "4f2a9c")
	must(s.WriteState("4f2a9c", someState()))
	must(os.WriteFile(filepath.Join(s.Sandbox("4f2a9c").Path(), newStateName), []byte(`{"ver`), 0o600))
	if _, err := s.ReadState("4f2a9c"); err != nil {
		t.Error(err)
	}
	if err := s.WriteState("4f2a9c", someState()); err != nil {
		t.Error(err)
	}
}

func TestReadStateRefuses(t *testing.T) {
	s := locked(t, "4f2a9c")
	must(s.WriteState("4f2a9c", someState()))
	path := s.Sandbox("4f2a9c").State()
	whole, err := os.ReadFile(path)
	must(err)
	t.Run("truncated anywhere", func(t *testing.T) {
		for n := range len(strings.TrimSpace(string(whole))) {
			_, err := parseState(path, whole[:n])
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || corrupt.Path != path {
				t.Fatalf("after %d bytes: %v", n, err)
			}
		}
	})
	for name, text := range map[string]string{
		"zeros":            strings.Repeat("\x00", 100),
		"no version":       `{}`,
		"another shape":    `{"version": 1, "spec": {"version": 1}, "pid": "seven"}`,
		"list":             `[1]`,
		"something behind": string(whole) + "{}",
	} {
		t.Run(name, func(t *testing.T) {
			must(os.WriteFile(path, []byte(text), 0o600))
			_, err := s.ReadState("4f2a9c")
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, text := range map[string]string{
		"version 2":         `{"version": 2, "program": "9.9", "spec": ["of another shape"]}`,
		"spec of version 2": `{"version": 1, "program": "9.9", "spec": {"version": 2}}`,
	} {
		t.Run(name, func(t *testing.T) {
			must(os.WriteFile(path, []byte(text), 0o600))
			_, err := s.ReadState("4f2a9c")
			var version *VersionError
			if !errors.As(err, &version) || version.Found != 2 || version.Program != "9.9" {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := s.ReadState("000000"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
}

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"version":1,"spec":{"version":1},"hooksDone":["a"]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		st, err := parseState("p", b)
		var corrupt *CorruptError
		var version *VersionError
		switch {
		case err == nil && (st.Version != StateVersion || st.Spec.Version != spec.Version):
			t.Errorf("versions %d and %d were let through", st.Version, st.Spec.Version)
		case err != nil && !errors.As(err, &corrupt) && !errors.As(err, &version):
			t.Errorf("untyped error %v", err)
		}
	})
}
