package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryPathHasItsPlace(t *testing.T) {
	s := &Store{"/d", "/r"}
	d := s.Sandbox("4f2a9c")
	for got, want := range map[string]string{
		d.Path():                        "/d/sandboxes/4f2a9c",
		d.State():                       "/d/sandboxes/4f2a9c/state.json",
		d.Lock():                        "/d/sandboxes/4f2a9c/lock",
		d.Log():                         "/d/sandboxes/4f2a9c/log",
		d.FS():                          "/d/sandboxes/4f2a9c/fs",
		d.Upper():                       "/d/sandboxes/4f2a9c/fs/upper",
		d.Work():                        "/d/sandboxes/4f2a9c/fs/work",
		d.Root():                        "/d/sandboxes/4f2a9c/fs/root",
		d.EtcUpper():                    "/d/sandboxes/4f2a9c/fs/etc-upper",
		d.EtcWork():                     "/d/sandboxes/4f2a9c/fs/etc-work",
		d.Home():                        "/d/sandboxes/4f2a9c/fs/home",
		d.Runtime():                     "/r/4f2a9c",
		d.Socket():                      "/r/4f2a9c/s",
		d.PassEnv():                     "/r/4f2a9c/e",
		d.Staging():                     "/r/4f2a9c/m",
		s.Kept(Volumes, "pg.db").Path(): "/d/volumes/pg.db",
		s.Layer("ab@1").Path():          "/d/layers/ab%401",
		s.Download("sha256:ab"):         "/d/downloads/sha256%3Aab",
		s.Cache("apt"):                  "/d/cache/apt",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestNamesStayWhereTheyArePut(t *testing.T) {
	s := &Store{"/d", "/r"}
	for name, want := range map[string]string{
		"":              "%",
		".":             "%2E",
		"..":            "%2E.",
		"../../etc":     "%2E.%2F..%2Fetc",
		"/etc":          "%2Fetc",
		"sha256:ab,0:1": "sha256%3Aab%2C0%3A1",
		"%2F":           "%252F",
		"a\x00é":        "a%00%C3%A9",
	} {
		for _, got := range []string{s.Kept(Caches, name).Path(), s.Cache(name), s.Sandbox(name).Path()} {
			if filepath.Base(got) != want || filepath.Dir(filepath.Dir(got)) != "/d" {
				t.Errorf("%q became %q", name, got)
			}
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("../x", "%2E./x")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := fileName(a), fileName(b)
		if x == "" || x[0] == '.' || strings.ContainsAny(x, "/\x00:,\\") {
			t.Errorf("%q became %q", a, x)
		}
		if (x == y) != (a == b) {
			t.Errorf("%q and %q became %q and %q", a, b, x, y)
		}
	})
}

func TestIDs(t *testing.T) {
	s := open(t)
	if ids, err := s.IDs(); err != nil || len(ids) != 0 {
		t.Errorf("of nothing: %v, %v", ids, err)
	}
	for _, id := range []string{"b00000", "a00000"} {
		unlock, err := s.Lock(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	must(os.WriteFile(filepath.Join(s.Data(), sandboxesName, "stray"), nil, 0o600))
	ids, err := s.IDs()
	if err != nil || !slices.Equal(ids, []string{"a00000", "b00000"}) {
		t.Errorf("%v, %v", ids, err)
	}
}
