package oci

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// serve runs a registry with one image, and lets before have each request first;
// one that it has answered goes no further.
func serve(t *testing.T, before func(w http.ResponseWriter, r *http.Request) bool) (ref string, i v1.Image) {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	var open atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !open.Load() || before == nil || !before(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	i, err := random.Image(300<<10, 3)
	if err != nil {
		t.Fatal(err)
	}
	i = forThisMachine(t, i)
	ref = strings.TrimPrefix(s.URL, "http://") + "/team/tool:1"
	at, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(at, i); err != nil {
		t.Fatal(err)
	}
	open.Store(true)
	return ref, i
}

func forThisMachine(t *testing.T, i v1.Image) v1.Image {
	t.Helper()
	i, err := mutate.ConfigFile(i, &v1.ConfigFile{OS: "linux", Architecture: runtime.GOARCH, RootFS: v1.RootFS{Type: "layers", DiffIDs: diffIDs(t, i)}})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func isBlob(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/")
}

func TestPull(t *testing.T) {
	ref, want := serve(t, nil)
	r, err := NewRegistry(ref, Options{})
	if err != nil {
		t.Fatal(err)
	}
	i, err := r.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := want.Digest()
	if err != nil || i.Digest.String() != d.String() || len(i.Layers) != 3 || i.Config.Architecture == "x" {
		t.Errorf("got %+v, %v", i, err)
	}
	for _, l := range i.Layers {
		readAll(t, r, l.Blob.Digest.String(), want)
	}
}

// readAll reads a layer and compares it with what was pushed.
func readAll(t *testing.T, r *Registry, digest string, want v1.Image) {
	t.Helper()
	i, err := r.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range i.Layers {
		if l.Blob.Digest.String() != digest {
			continue
		}
		got, err := r.Open(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(got)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Close(); err != nil {
			t.Error(err)
		}
		hash, err := v1.NewHash(digest)
		if err != nil {
			t.Fatal(err)
		}
		layer, err := want.LayerByDigest(hash)
		if err != nil {
			t.Fatal(err)
		}
		z, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(z); err != nil || !bytes.Equal(all, b) {
			t.Errorf("%d bytes arrived of %d, %v", len(b), len(all), err)
		}
	}
}

// cutting answers blobs in pieces: each connection breaks off after so many bytes.
func cutting(i *v1.Image, after int, ranges bool, asked *[]string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !isBlob(r) || *i == nil {
			return false
		}
		h, err := v1.NewHash(filepath.Base(r.URL.Path))
		if err != nil {
			return false
		}
		layer, err := (*i).LayerByDigest(h)
		config, cerr := (*i).ConfigName()
		if err != nil || cerr != nil || h == config {
			return false
		}
		z, err := layer.Compressed()
		if err != nil {
			return false
		}
		all, err := io.ReadAll(z)
		if err != nil {
			return false
		}
		*asked = append(*asked, r.Header.Get("Range"))
		if !ranges {
			r.Header.Del("Range")
			after *= 2 // or it would never end
		}
		http.ServeContent(&cut{ResponseWriter: w, left: after}, r, "", time.Time{}, bytes.NewReader(all))
		return true
	}
}

type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		panic(http.ErrAbortHandler) // the connection breaks
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

func TestResumesABrokenConnection(t *testing.T) {
	for name, ranges := range map[string]bool{"with ranges": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			var i v1.Image
			var asked []string
			ref, image := serve(t, cutting(&i, 110<<10, ranges, &asked))
			i = image
			r, err := NewRegistry(ref, Options{})
			if err != nil {
				t.Fatal(err)
			}
			found, err := r.Resolve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, r, found.Layers[0].Blob.Digest.String(), image)
			if len(asked) < 2 || !strings.HasPrefix(asked[1], "bytes=") {
				t.Errorf("it asked for %q", asked)
			}
		})
	}
}

// TestGoesOnWithWhatIsThere: what an earlier process fetched is not fetched again.
func TestGoesOnWithWhatIsThere(t *testing.T) {
	var i v1.Image
	var asked []string
	ref, image := serve(t, cutting(&i, 1<<30, true, &asked))
	i = image
	dir := t.TempDir()
	r, err := NewRegistry(ref, Options{Partial: func(d string) string { return filepath.Join(dir, d) }})
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	layer := found.Layers[0]
	file := filepath.Join(dir, layer.Blob.Digest.String())
	readAll(t, r, layer.Blob.Digest.String(), image)
	if err := os.Truncate(file, 1000); err != nil {
		t.Fatal(err)
	}
	readAll(t, r, layer.Blob.Digest.String(), image)
	readAll(t, r, layer.Blob.Digest.String(), image)
	if len(asked) != 2 || asked[0] != "" || asked[1] != "bytes=1000-" {
		t.Errorf("it asked for %q; want the whole, the rest, and nothing", asked)
	}
	// What is there and wrong is thrown away.
	if err := os.WriteFile(file, make([]byte, layer.Blob.Size), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := r.Open(t.Context(), layer)
	if err != nil {
		t.Fatal(err)
	}
	var wrong *DigestError
	if _, err := io.ReadAll(b); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the wrong file: %v", err)
	}
}

func TestTriesAgain(t *testing.T) {
	var n atomic.Int32
	ref, image := serve(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if n.Add(1)%2 == 0 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	r, err := NewRegistry(ref, Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, r, found.Layers[0].Blob.Digest.String(), image)
}

func TestPullRefused(t *testing.T) {
	ref, _ := serve(t, nil)
	denied, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	for _, c := range []struct {
		ref      string
		platform string
		want     error
	}{
		{"no reference", "", ErrReference},
		{"UPPER/case:1", "", ErrReference},
		{strings.TrimSuffix(ref, ":1") + ":2", "", ErrNotFound},
		{denied, "", ErrUnauthorized},
		{"127.0.0.1:1/x", "", ErrUnreachable},
		{ref, "a/b/c/d", ErrPlatform},
		{ref, "linux/s390x", ErrPlatform},
	} {
		r, err := NewRegistry(c.ref, Options{Platform: c.platform})
		if err == nil {
			_, err = r.Resolve(t.Context())
		}
		var p *PullError
		if !errors.As(err, &p) || !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.ref, err, c.want)
		}
	}
}

func TestIndex(t *testing.T) {
	ref, _ := serve(t, nil)
	one, err := random.Image(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	index := v1.ImageIndex(empty.Index)
	for _, arch := range []string{"riscv64", "amd64", "arm64"} {
		i, err := mutate.ConfigFile(one, &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: v1.RootFS{Type: "layers", DiffIDs: diffIDs(t, one)}})
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: i, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	at, err := name.ParseReference(strings.TrimSuffix(ref, ":1") + ":many")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(at, index); err != nil {
		t.Fatal(err)
	}
	for platform, want := range map[string]string{"linux/riscv64": "riscv64", "linux/arm64": "arm64", "linux/s390x": ""} {
		r, err := NewRegistry(at.Name(), Options{Platform: platform})
		if err != nil {
			t.Fatal(err)
		}
		i, err := r.Resolve(t.Context())
		if want == "" {
			if !errors.Is(err, ErrPlatform) || !strings.Contains(err.Error(), "linux/arm64") {
				t.Errorf("%s: %v", platform, err)
			}
			continue
		}
		if err != nil || i.Config.Architecture != want {
			t.Errorf("%s: got %s, %v", platform, i.Config.Architecture, err)
		}
	}
}

func diffIDs(t *testing.T, i v1.Image) []v1.Hash {
	t.Helper()
	c, err := i.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return c.RootFS.DiffIDs
}

func TestAuthFile(t *testing.T) {
	var ref string
	ref, _ = serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "me" && password == "secret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	host, _, _ := strings.Cut(ref, "/")
	file := filepath.Join(t.TempDir(), "auth.json")
	if err := os.WriteFile(file, []byte(`{"auths": {"`+host+`": {"auth": "bWU6c2VjcmV0"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := NewRegistry(ref, Options{AuthFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Resolve(t.Context()); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{file + "x", "/dev/null"} {
		r, err := NewRegistry(ref, Options{AuthFile: bad})
		if err == nil {
			_, err = r.Resolve(t.Context())
		}
		if err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
