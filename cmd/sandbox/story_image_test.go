package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
)

// file is an entry of a layer; one whose name ends in a slash is a directory.
type file struct {
	name, text string
	mode       int64
	link       string
	uid        int
}

// writeLayoutOf DIR NAME: writes an image as an OCI layout. Its lower layer has
// a static busybox, /etc/os, and a file of another user; its upper layer deletes /data/gone,
// hides what /data/hidden had, and adds /data/added.
func writeLayoutOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: layout DIR NAME")
	}
	path, err := exec.LookPath("busybox")
	ts.Check(err)
	busybox, err := os.ReadFile(path)
	ts.Check(err)
	lower := []file{
		{name: "bin/busybox", text: string(busybox), mode: 0o755},
		{name: "etc/os", text: "mini\n"},
		{name: "data/gone", text: "lower\n"},
		{name: "data/hidden/old", text: "lower\n"},
		{name: "data/owned", text: "theirs\n", uid: 7},
	}
	for _, applet := range []string{"sh", "cat", "id", "ls", "touch", "stat", "mkdir", "test", "sleep"} {
		lower = append(lower, file{name: "bin/" + applet, link: "busybox"})
	}
	upper := []file{
		{name: "data/.wh.gone"}, {name: "data/hidden/.wh..wh..opq"}, {name: "data/added", text: "upper\n"},
	}
	_, err = oci.WriteLayout(ts.MkAbs(args[0]), args[1], oci.Content{
		Config: v1.Image{
			Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH},
			Config:   v1.ImageConfig{Env: []string{"PATH=/bin", "GREETING=hello"}, Labels: map[string]string{"made": "by a test"}},
		},
		Layers: []func(io.Writer) error{tarOf(lower), tarOf(upper)},
	})
	ts.Check(err)
}

func tarOf(files []file) func(io.Writer) error {
	return func(w io.Writer) error {
		t := tar.NewWriter(w)
		var errs []error
		for _, f := range files {
			h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), Typeflag: tar.TypeReg, Linkname: f.link, Uid: f.uid, Gid: f.uid}
			if h.Mode == 0 {
				h.Mode = 0o644
			}
			switch {
			case f.link != "":
				h.Typeflag = tar.TypeSymlink
			case strings.HasSuffix(f.name, "/"):
				h.Typeflag, h.Mode = tar.TypeDir, 0o755
			}
			errs = append(errs, t.WriteHeader(h))
			_, err := io.WriteString(t, f.text)
			errs = append(errs, err)
		}
		return errors.Join(append(errs, t.Close())...)
	}
}
