package apt

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func planned(t testing.TB, a *testArchive, packages ...string) *Plan {
	t.Helper()
	o := a.options(t)
	o.Packages = packages
	p, err := Resolve(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fetched(t testing.TB, p *Plan) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cache")
	if err := Fetch(t.Context(), p, FetchOptions{Cache: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (a *testArchive) fetches() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for path, k := range a.gets {
		if strings.HasSuffix(path, ".deb") {
			n += k
		}
	}
	return n
}

func TestFetch(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	p := planned(t, a)
	dir := filepath.Join(t.TempDir(), "cache")
	var last Progress
	for range 2 { // the second time, nothing is fetched
		last = Progress{}
		var before int64
		o := FetchOptions{Cache: dir, Progress: func(now Progress) {
			if now.Bytes < before || now.Bytes > now.Total {
				t.Errorf("%+v after %d bytes", now, before)
			}
			before, last = now.Bytes, now
		}}
		if err := Fetch(t.Context(), p, o); err != nil {
			t.Fatal(err)
		}
		if want := (Progress{p.Size(), p.Size(), 3, 3}); last != want {
			t.Errorf("at the end %+v, want %+v", last, want)
		}
		if n := a.fetches(); n != 3 {
			t.Errorf("%d fetched", n)
		}
	}
	// What is in the cache is what the archive has, and can be read by others.
	for _, k := range p.Packages {
		b, err := os.ReadFile(cache{dir}.deb(k.SHA256))
		if err != nil || !bytes.Equal(b, a.files[k.Filename]) {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
	// One that is damaged is fetched again.
	c := cache{dir}
	k := p.Packages[0]
	if err := os.WriteFile(c.deb(k.SHA256), []byte("!<arch>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.fast(k.SHA256)); err != nil {
		t.Fatal(err)
	}
	if err := Fetch(t.Context(), p, FetchOptions{Cache: dir}); err != nil || a.fetches() != 4 {
		t.Errorf("%d fetched (%v)", a.fetches(), err)
	}
}

func TestFetchAtOnce(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	p := planned(t, a)
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := Fetch(t.Context(), p, FetchOptions{Cache: dir}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), ".new-") {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFetchRefuses(t *testing.T) {
	isDeb := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "libdep") }
	for name, c := range map[string]struct {
		answer func(a *testArchive) func(http.ResponseWriter, *http.Request) bool
		change func(p *Plan)
		want   any
	}{
		"another file": {answer: func(a *testArchive) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if isDeb(r) {
					_, _ = w.Write(bytes.Repeat([]byte("x"), len(a.files[r.URL.Path[1:]])))
				}
				return isDeb(r)
			}
		}, want: new(*HashError)},
		"longer": {answer: func(a *testArchive) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if isDeb(r) {
					_, _ = w.Write(append(bytes.Clone(a.files[r.URL.Path[1:]]), 0))
				}
				return isDeb(r)
			}
		}, want: new(*HashError)},
		"gone": {answer: func(*testArchive) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if isDeb(r) {
					http.NotFound(w, r)
				}
				return isDeb(r)
			}
		}, want: new(*StatusError)},
		"path in the plan": {change: func(p *Plan) { p.Packages[0].Filename = "../x" }, want: new(*PackageError)},
		"sum in the plan":  {change: func(p *Plan) { p.Packages[0].SHA256 = "../../x" }, want: new(*PackageError)},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, &testArchive{packages: minimal()})
			p := planned(t, a)
			if c.answer != nil {
				a.mu.Lock()
				a.answer = c.answer(a)
				a.mu.Unlock()
			}
			if c.change != nil {
				c.change(p)
			}
			dir := t.TempDir()
			err := Fetch(t.Context(), p, FetchOptions{Cache: dir})
			if !errors.As(err, c.want) {
				t.Errorf("got %T: %v", err, err)
			}
			if _, err := os.Stat(cache{dir}.deb(p.Packages[2].SHA256)); !errors.Is(err, fs.ErrNotExist) && c.answer != nil {
				t.Error("the wrong file is in the cache")
			}
		})
	}
}

// TestFetchCut: a connection that breaks is taken up again.
func TestFetchCut(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	p := planned(t, a)
	cut := false
	a.mu.Lock()
	a.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if cut || !strings.Contains(r.URL.Path, "libdep") {
			return false
		}
		cut = true
		w.Header().Set("Content-Length", "100000")
		_, _ = w.Write([]byte("!<arch>\n"))
		return true
	}
	a.mu.Unlock()
	if err := Fetch(t.Context(), p, FetchOptions{Cache: t.TempDir()}); err != nil || !cut {
		t.Errorf("got %v", err)
	}
}
