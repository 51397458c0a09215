package sandbox_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// layeredImage is an OCI layout: a small root file system below, and above it a
// layer that deletes a file, hides a directory, replaces a file and adds one.
func layeredImage(t *testing.T) string {
	t.Helper()
	base := newRootfs(t)
	for _, name := range []string{"gone", "hidden/old", "changed"} {
		path := filepath.Join(base, "data", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, "lower")
	}
	noise := make([]byte, 1<<20) // more than any buffer holds
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	write(t, filepath.Join(base, "data/noise"), string(noise))
	dir := filepath.Join(t.TempDir(), "layout")
	_, err := oci.WriteLayout(dir, "1", oci.Content{
		Config: v1.Image{
			Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH},
			Config:   v1.ImageConfig{Env: []string{"FROM_IMAGE=yes", "PATH=/bin:/from/image"}},
		},
		Layers: []func(io.Writer) error{tarOf(t, base), upperLayer},
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func tarOf(t *testing.T, dir string) func(io.Writer) error {
	t.Helper()
	b, err := os.ReadFile(archiveOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

func upperLayer(w io.Writer) error {
	t := tar.NewWriter(w)
	var errs []error
	for name, text := range map[string]string{
		"data/.wh.gone": "", "data/hidden/.wh..wh..opq": "", "data/hidden/new": "upper", "data/changed": "upper", "data/added": "upper",
	} {
		errs = append(errs, t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := io.WriteString(t, text)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, t.Close())...)
}

// onImage puts a specification on an image.
func onImage(s spec.Spec, kind, path string) spec.Spec {
	s = onRootfs(s, path)
	s.Image = spec.Image{Kind: kind, Path: path, Ref: kind + ":" + path, Name: kind + ":" + path}
	return s
}

func TestImageOfLayers(t *testing.T) {
	image := layeredImage(t)
	for _, driver := range []string{"overlay", "fuse-overlayfs", "copy"} {
		t.Run(driver, func(t *testing.T) {
			switch driver {
			case "overlay":
				usernstest.Require(t, usernstest.Overlay)
			case "fuse-overlayfs":
				usernstest.Require(t, usernstest.Fuse)
			}
			t.Setenv("SANDBOX_STORAGE_DRIVER", driver)
			f := newEngine(t)
			s := onImage(f.spec(), spec.ImageOCI, image)
			want := map[string]string{
				"/data/gone": "", "/data/hidden/old": "", "/data/hidden/new": "upper", "/data/changed": "upper", "/data/added": "upper", "/usr/lib/old": "old",
			}
			paths := []string{"/data/gone", "/data/hidden/old", "/data/hidden/new", "/data/changed", "/data/added", "/usr/lib/old"}
			check := func(got map[string]string) {
				t.Helper()
				for path, text := range want {
					if text == "" && (got[path] == "lower" || got[path] == "upper") || text != "" && got[path] != text {
						t.Errorf("%s: got %q, want %q", path, got[path], text)
					}
				}
			}
			check(f.results(f.run(s, probing(t, "files", paths...))))
			f.up(s)
			check(f.probe("files", paths...))
			w := asRoot(probing(t, "write", "new", "/data/added"))
			if got := f.results(f.exec(w)); got["/data/added"] != "ok" {
				t.Errorf("write: %v", got)
			}
			f.down()
			f.up(s)
			if got := f.probe("files", "/data/added", "/data/gone"); got["/data/added"] != "uppernew" || got["/data/gone"] == "lower" {
				t.Errorf("after down and up: %v", got)
			}
		})
	}
}

// TestImageIsSharedAndKept: one copy of each layer for many sandboxes and runs
// at once, which stays as long as one of them needs it.
func TestImageIsSharedAndKept(t *testing.T) {
	f := newEngine(t)
	s := onImage(f.spec(), spec.ImageOCI, layeredImage(t))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { f.run(s, probing(t, "files", "/data/added")) })
	}
	wg.Wait()
	if layers := names(t, filepath.Join(f.data, "layers")); len(layers) != 2 {
		t.Errorf("the layers are %v", layers)
	}
	f.up(s)
	list, err := f.Images(t.Context())
	if err != nil || len(list) != 1 || len(list[0].UsedBy) != 1 || list[0].Size == 0 || list[0].Unique != list[0].Size {
		t.Fatalf("got %+v, %v", list, err)
	}
	if done, err := f.Prune(t.Context(), sandbox.PruneOptions{All: true}); err != nil || len(done.Layers)+len(done.Images) > 0 {
		t.Errorf("pruned %+v, %v", done, err)
	}
	if _, err := f.RemoveImage(t.Context(), list[0].Name); err != nil {
		t.Fatal(err)
	}
	if got := f.probe("files", "/data/added"); got["/data/added"] != "upper" {
		t.Errorf("after its image was removed: %v", got)
	}
	if err := f.Remove(t.Context(), s.ID, false); err != nil {
		t.Fatal(err)
	}
	dry, err := f.Prune(t.Context(), sandbox.PruneOptions{DryRun: true})
	if err != nil || len(dry.Layers) != 2 || dry.Bytes == 0 {
		t.Errorf("would prune %+v, %v", dry, err)
	}
	done, err := f.Prune(t.Context(), sandbox.PruneOptions{})
	if err != nil || len(done.Layers) != 2 || done.Bytes != dry.Bytes {
		t.Errorf("pruned %+v, %v", done, err)
	}
}

func TestImageEnvironment(t *testing.T) {
	f := newEngine(t)
	s := onImage(f.spec(), spec.ImageOCI, layeredImage(t))
	s.Env = []string{"FROM_IMAGE=no", "OWN=yes"}
	got := f.results(f.run(s, probing(t, "env")))
	for name, want := range map[string]string{"FROM_IMAGE": "no", "OWN": "yes", "PATH": "/bin:/from/image"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// TestImageDamaged: half an image is none, and leaves nothing behind.
func TestImageDamaged(t *testing.T) {
	f := newEngine(t)
	image := layeredImage(t)
	s := onImage(f.spec(), spec.ImageOCI, image)
	blobs := filepath.Join(image, "blobs/sha256")
	cut := 0
	for _, name := range names(t, blobs) {
		path := filepath.Join(blobs, name)
		packed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) { // no layer
			continue
		}
		cut++
		if err := os.Truncate(path, int64(len(packed)/2)); err != nil {
			t.Fatal(err)
		}
	}
	if cut != 2 {
		t.Fatalf("%d layers were cut", cut)
	}
	s.Ephemeral = true
	_, err := f.Run(t.Context(), s, probing(t, "env"), sandbox.Streams{}, nil)
	var ie *sandbox.ImageError
	if !errors.As(err, &ie) {
		t.Errorf("got %v", err)
	}
	for _, dir := range []string{"runs", "images"} {
		if left := names(t, filepath.Join(f.data, dir)); len(left) > 0 {
			t.Errorf("left in %s: %v", dir, left)
		}
	}
}

func TestImageUser(t *testing.T) {
	f := newEngine(t)
	s := onImage(f.spec(), spec.ImageOCI, layeredImage(t))
	s.User = spec.User{Mode: spec.UserName, Asked: "dev", Name: "dev"}
	if got := f.results(f.run(s, probing(t, "ids"))); got["uid"] != "1234" {
		t.Errorf("got %v", got)
	}
	s.User = spec.User{Mode: spec.UserName, Asked: "nobody-here", Name: "nobody-here"}
	s.Ephemeral = true
	var ue *sandbox.UserError
	if _, err := f.Run(t.Context(), s, probing(t, "ids"), sandbox.Streams{}, nil); !errors.As(err, &ue) {
		t.Errorf("got %v", err)
	}
}

// TestImageSavedAndLoaded: what is saved has the same files under another name,
// and the same bytes when it is saved again.
func TestImageSavedAndLoaded(t *testing.T) {
	f := newEngine(t)
	s := onImage(f.spec(), spec.ImageOCI, layeredImage(t))
	s.Image.Name = "tool:1"
	dir := t.TempDir()
	for _, to := range []string{"oci-archive:" + dir + "/a.tar", "oci-archive:" + dir + "/b.tar", "docker-archive:" + dir + "/d.tar", "oci:" + dir + "/layout"} {
		if err := f.SaveImage(t.Context(), s, to, nil); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
	}
	if read(t, dir+"/a.tar") != read(t, dir+"/b.tar") {
		t.Error("two archives of one image differ")
	}
	if err := f.SaveImage(t.Context(), s, "oci-archive:"+dir+"/a.tar", nil); err == nil {
		t.Error("a file that is there was written over")
	}
	if err := f.SaveImage(t.Context(), s, "rootfs:"+dir+"/x", nil); err == nil {
		t.Error("saved as a rootfs")
	}
	if _, err := f.RemoveImage(t.Context(), "tool:1"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"a.tar", "d.tar"} {
		loaded, err := f.LoadImage(t.Context(), s, filepath.Join(dir, file), nil)
		if err != nil || len(loaded) != 1 {
			t.Fatalf("%s: %v, %v", file, loaded, err)
		}
		again := s
		again.Image = spec.Image{Kind: spec.ImageRegistry, Name: loaded[0], Ref: loaded[0]}
		got := f.results(f.run(again, probing(t, "files", "/data/hidden/new", "/data/gone", "/data/hidden/old")))
		if got["/data/hidden/new"] != "upper" || got["/data/gone"] == "lower" || got["/data/hidden/old"] == "lower" {
			t.Errorf("%s: %v", file, got)
		}
	}
	if _, err := f.LoadImage(t.Context(), s, dir+"/none.tar", nil); err == nil {
		t.Error("loaded a file that is not there")
	}
}
