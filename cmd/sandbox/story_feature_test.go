package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// serve NAME: until the end of the story, a registry in memory on loopback, and the
// files of $WORK/www beside it. $NAME is its HOST:PORT.
func serveFeatures(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve NAME")
	}
	mux := http.NewServeMux()
	mux.Handle("/v2/", registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	mux.Handle("/", http.FileServer(http.Dir(ts.MkAbs("../www"))))
	s := httptest.NewServer(mux)
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.Listener.Addr().String())
}

// publish DIR REF...: the folder DIR as a feature of a registry, with the archive
// compressed where a reference ends with +gzip. $VAR in its files are put in.
func publishFeature(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: publish DIR REF...")
	}
	for _, ref := range args[1:] {
		ref, zip := strings.CutSuffix(ref, "+gzip")
		layer := static.NewLayer(packed(ts, args[0], zip), "application/vnd.devcontainers.layer.v1+tar")
		image, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.devcontainers"), layer)
		ts.Check(err)
		at, err := name.ParseReference(ref)
		ts.Check(err)
		ts.Check(remote.Write(at, image))
	}
}

// pack DIR FILE: the folder as a compressed archive.
func packFeature(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pack DIR FILE")
	}
	to := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(to), 0o755))
	ts.Check(os.WriteFile(to, packed(ts, args[0], true), 0o644))
}

func packed(ts *testscript.TestScript, dir string, zip bool) []byte {
	root := ts.MkAbs(dir)
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data = []byte(strings.ReplaceAll(string(data), "$SERVER", ts.Getenv("SERVER")))
		if err := w.WriteHeader(&tar.Header{Name: "./" + rel, Mode: 0o644, Size: int64(len(data)), Uid: 1001, Gid: 116}); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}))
	ts.Check(w.Close())
	if !zip {
		return plain.Bytes()
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(plain.Bytes())
	ts.Check(err)
	ts.Check(z.Close())
	return out.Bytes()
}
