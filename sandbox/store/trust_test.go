package store

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTrustIsKept(t *testing.T) {
	s := open(t)
	if _, err := s.ReadTrust("/p"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is none", err)
	}
	want := Trust{Version: TrustVersion, Project: "/p", Given: time.Now().UTC().Round(0), Digest: "d", Asks: []string{"a", "b\x1b"}}
	if err := s.WriteTrust(want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.ReadTrust("/p"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	info, err := os.Stat(s.trust("/p"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	if err := s.WriteTrust(Trust{Project: "/a/long/" + strings.Repeat("x", 1000)}); err != nil {
		t.Error(err)
	}
	if all, err := s.Trusts(); err != nil || len(all) != 2 || all[1].Project != "/p" {
		t.Errorf("got %v, %v", all, err)
	}
	for _, want := range []bool{true, false} {
		if was, err := s.RemoveTrust("/p"); err != nil || was != want {
			t.Errorf("got %v, %v, want %v", was, err, want)
		}
	}
}

func TestTrustThatCannotBeRead(t *testing.T) {
	s := open(t)
	good := Trust{Version: TrustVersion, Project: "/p", Asks: []string{"a", "b"}}
	for name, c := range map[string]struct {
		change func(*Trust)
		text   string
		want   any
	}{
		"damaged":         {text: `{"version": 1, "project": "/p", `, want: new(*CorruptError)},
		"empty":           {text: "", want: new(*CorruptError)},
		"of another kind": {text: `[1]`, want: new(*CorruptError)},
		"other version":   {change: func(t *Trust) { t.Version = 2 }, want: new(*VersionError)},
		"no version":      {text: `{}`, want: new(*VersionError)},
		"other project":   {change: func(t *Trust) { t.Project = "/q" }, want: new(*CorruptError)},
		"no project":      {change: func(t *Trust) { t.Project = "" }, want: new(*CorruptError)},
		"other order":     {change: func(t *Trust) { t.Asks = []string{"b", "a"} }, want: new(*CorruptError)},
	} {
		text := c.text
		if c.change != nil {
			other := good
			c.change(&other)
			b, err := json.Marshal(other)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		path := s.trust("/p")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ReadTrust("/p"); !errors.As(err, c.want) || !reflect.DeepEqual(got, Trust{}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if was, err := s.RemoveTrust("/p"); !was || err != nil {
		t.Errorf("got %v, %v: what cannot be read can be forgotten", was, err)
	}
}

func FuzzParseTrust(f *testing.F) {
	f.Add([]byte(`{"version": 1, "project": "/p", "given": "2026-01-01T00:00:00Z", "digest": "d", "asks": ["a"]}`))
	f.Add([]byte(`{"version": 2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseTrust("f", b)
		if err == nil && (got.Version != TrustVersion || !filepath.IsAbs(got.Project)) {
			t.Errorf("got %+v", got)
		}
	})
}
