package sandbox_test

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// server is a registry with one image that notes what is asked of its largest
// layer, and can stop in the middle of it.
type server struct {
	ref, digest string
	blob        []byte
	mu          sync.Mutex
	asked       []string      // Range of each request for the layer
	stop        chan struct{} // while it is open, half of the layer is given and no more
}

func serveImage(t *testing.T) *server {
	t.Helper()
	s := &server{stop: make(chan struct{})}
	i := firstOf(t, layeredImage(t))
	s.setLayer(t, i)
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, s.digest) {
			inner.ServeHTTP(w, r)
			return
		}
		s.serveLayer(w, r)
	}))
	t.Cleanup(h.Close)
	t.Cleanup(s.goOn) // before Close, which waits for requests
	s.ref = strings.TrimPrefix(h.URL, "http://") + "/tool:1"
	at, err := name.ParseReference(s.ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(at, i); err != nil {
		t.Fatal(err)
	}
	return s
}

func firstOf(t *testing.T, dir string) v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	i, err := index.Image(m.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (s *server) setLayer(t *testing.T, i v1.Image) {
	t.Helper()
	layers, err := i.Layers()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	if s.blob, err = io.ReadAll(packed); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	s.digest = d.String()
}

func (s *server) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
}

func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *server) serveLayer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Header.Get("Range"))
	s.mu.Unlock()
	select {
	case <-s.stop:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.blob))
		return
	default:
	}
	_, _ = w.Write(s.blob[:len(s.blob)/2])
	w.(http.Flusher).Flush()
	select {
	case <-s.stop:
		_, _ = w.Write(s.blob[len(s.blob)/2:])
	case <-r.Context().Done():
	}
}

func (f *fixture) onRegistry(ref string) spec.Spec {
	s := onRootfs(f.spec(), "")
	s.Image = spec.Image{Kind: spec.ImageRegistry, Name: ref, Ref: ref}
	return s
}

// arrived is how much of a blob is on disk.
func (f *fixture) arrived(digest string) int64 {
	st, err := os.Stat(filepath.Join(f.data, "downloads", strings.ReplaceAll(digest, ":", "%3A")))
	if err != nil {
		return 0
	}
	return st.Size()
}

// TestPullKilled: nothing of half a layer can be seen, and the next pull goes on where it was.
func TestPullKilled(t *testing.T) {
	f := newEngine(t)
	registry := serveImage(t)
	s := f.onRegistry(registry.ref)
	first := f.helper("run", s, probing(t, "env"))
	start(t, first)
	half := int64(len(registry.blob) / 2)
	eventually(t, "half of the layer is here", func() bool { return f.arrived(registry.digest) == half })
	kill(first)
	for _, dir := range []string{"images", "layers"} {
		for _, left := range names(t, filepath.Join(f.data, dir)) {
			if dir == "images" || strings.Contains(left, strings.TrimPrefix(registry.digest, "sha256:")) {
				t.Errorf("left in %s: %s", dir, left)
			}
		}
	}
	registry.goOn()
	got := f.results(f.run(s, probing(t, "files", "/data/added", "/data/gone")))
	if got["/data/added"] != "upper" || got["/data/gone"] == "lower" {
		t.Errorf("got %v", got)
	}
	asked := registry.requests()
	if len(asked) != 2 || !strings.HasPrefix(asked[1], "bytes=") {
		t.Errorf("it asked for %q", asked)
	}
	if _, err := f.Prune(t.Context(), sandbox.PruneOptions{}); err != nil {
		t.Error(err)
	}
	if left := append(names(t, filepath.Join(f.data, "runs")), names(t, filepath.Join(f.data, "downloads"))...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestPullsShareADownload: three processes ask for an image, and each layer is fetched once.
func TestPullsShareADownload(t *testing.T) {
	f := newEngine(t)
	registry := serveImage(t)
	s := f.onRegistry(registry.ref)
	one, two := f.helper("run", s, probing(t, "env")), f.helper("run", s, probing(t, "env"))
	start(t, one)
	start(t, two)
	eventually(t, "half of the layer is here", func() bool { return f.arrived(registry.digest) > 0 })
	done := make(chan answer)
	go func() { done <- f.run(s, probing(t, "env")) }()
	time.Sleep(50 * time.Millisecond) // the others have come to wait, or come later
	registry.goOn()
	if a := <-done; a.err != nil || a.exit.Code != 0 {
		t.Errorf("got %+v", a)
	}
	if err := one.Wait(); err != nil {
		t.Error(err)
	}
	if err := two.Wait(); err != nil {
		t.Error(err)
	}
	if asked := registry.requests(); len(asked) != 1 {
		t.Errorf("it was asked for %d times", len(asked))
	}
}
