package oci

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/validate"
	spec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/rootless-sandbox/sandbox/sandbox/image"
)

// content is an image of two layers with one file each.
func content() Content {
	layer := func(name string) func(io.Writer) error {
		return func(w io.Writer) error {
			t := tar.NewWriter(w)
			err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(name)), Typeflag: tar.TypeReg})
			if err == nil {
				_, err = io.WriteString(t, name)
			}
			return errors.Join(err, t.Close())
		}
	}
	return Content{
		Config: spec.Image{Platform: spec.Platform{OS: "linux", Architecture: runtime.GOARCH}, Config: spec.ImageConfig{Env: []string{"A=b"}}},
		Layers: []func(io.Writer) error{layer("a"), layer("b")},
	}
}

func layoutDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	if _, err := WriteLayout(dir, "x:1", content()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func archiveFile(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "archive.tar")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	dir := layoutDir(t)
	i, err := only(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(i); err != nil {
		t.Errorf("it is not valid: %v", err)
	}
	packed := archiveFile(t, func(w io.Writer) error { return WriteArchive(w, dir) })
	docker := archiveFile(t, func(w io.Writer) error { return WriteDockerArchive(w, dir, "x:1") })
	for name, source := range map[string]image.Source{
		"layout": NewLayout(dir, "", Options{}), "by its tag": NewLayout(dir, "1", Options{}), "archive": NewLayout(packed, "", Options{}),
		"docker archive": NewDockerArchive(docker, ""), "docker archive by its tag": NewDockerArchive(docker, "x:1"),
	} {
		got, err := source.Resolve(t.Context())
		if err != nil || len(got.Layers) != 2 || !slices.Equal(got.Config.Config.Env, []string{"A=b"}) {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		for _, l := range got.Layers {
			r, err := source.Open(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err != nil || len(b) == 0 {
				t.Errorf("%s: %d bytes, %v", name, len(b), err)
			}
			_ = r.Close()
		}
	}
	for file, want := range map[string]string{packed: "oci-archive 1", docker: "docker-archive index.docker.io/library/x:1"} {
		if scheme, tags, err := Names(file); err != nil || len(tags) != 1 || scheme != want[:len(scheme)] {
			t.Errorf("%s: %s %v, %v", want, scheme, tags, err)
		}
	}
}

func TestSameContentSameBytes(t *testing.T) {
	a, b := layoutDir(t), layoutDir(t)
	x := archiveFile(t, func(w io.Writer) error { return WriteArchive(w, a) })
	y := archiveFile(t, func(w io.Writer) error { return WriteArchive(w, b) })
	one, err := os.ReadFile(x)
	two, err2 := os.ReadFile(y)
	if err != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Error("two archives of one content differ", err, err2)
	}
}

func TestLayoutRefused(t *testing.T) {
	dir := layoutDir(t)
	var pull *PullError
	if _, err := NewLayout(dir, "2", Options{}).Resolve(t.Context()); !errors.As(err, &pull) {
		t.Errorf("another tag: %v", err)
	}
	for name, spoil := range map[string]func() error{
		"no index":      func() error { return os.Remove(filepath.Join(dir, "index.json")) },
		"no index text": func() error { return os.WriteFile(filepath.Join(dir, "index.json"), []byte("{"), 0o600) },
		"an index that leads out": func() error {
			return errors.Join(os.Remove(filepath.Join(dir, "index.json")), os.Symlink("/etc/passwd", filepath.Join(dir, "index.json")))
		},
	} {
		dir = layoutDir(t)
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := NewLayout(dir, "", Options{}).Resolve(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// A blob that is not what its name says.
	dir = layoutDir(t)
	got, err := NewLayout(dir, "", Options{}).Resolve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join(dir, blobName(got.Layers[0].Blob.Digest))
	if err := os.WriteFile(blob, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := NewLayout(dir, "", Options{}).Open(t.Context(), got.Layers[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var wrong *DigestError
	if _, err := io.ReadAll(r); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
}

// FuzzArchive: an archive of a stranger ends in an image or in an error.
func FuzzArchive(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "layout")
	if _, err := WriteLayout(dir, "x:1", content()); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := errors.Join(WriteArchive(&b, dir), WriteDockerArchive(&b, dir, "x:1")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, archive []byte) {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, _ = Names(file)
		for _, s := range []image.Source{NewLayout(file, "", Options{}), NewDockerArchive(file, "")} {
			i, err := s.Resolve(t.Context())
			if err != nil {
				continue
			}
			for _, l := range i.Layers {
				if r, err := s.Open(t.Context(), l); err == nil {
					_, _ = io.Copy(io.Discard, r)
					_ = r.Close()
				}
			}
		}
	})
}
