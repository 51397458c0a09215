package main

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
)

// devimage DIR NAME [user=USER] [label=FILE]: writes an image as those are that dev
// containers are made of: a shell, the users root and vscode (1000), whose .profile
// sets PROBED, and the metadata of FILE as its label.
func writeDevImage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: devimage DIR NAME [user=USER] [label=FILE]")
	}
	config := v1.ImageConfig{Env: []string{"PATH=/usr/local/bin:/bin", "FROM_IMAGE=yes"}}
	for _, option := range args[2:] {
		switch name, value, _ := strings.Cut(option, "="); name {
		case "user":
			config.User = value
		case "label":
			text, err := os.ReadFile(ts.MkAbs(value))
			ts.Check(err)
			config.Labels = map[string]string{"devcontainer.metadata": string(text)}
		default:
			ts.Fatalf("devimage: unknown option %s", option)
		}
	}
	path, err := exec.LookPath("busybox")
	ts.Check(err)
	busybox, err := os.ReadFile(path)
	ts.Check(err)
	files := []file{
		{name: "bin/busybox", text: string(busybox), mode: 0o755},
		{name: "etc/passwd", text: "root:x:0:0:root:/root:/bin/sh\nvscode:x:1000:1000::/home/vscode:/bin/sh\n"},
		{name: "etc/group", text: "root:x:0:\nvscode:x:1000:\n"},
		{name: "home/vscode/.profile", text: "export PROBED=profile\nPATH=$PATH:/from/profile\necho noise of a profile\n", uid: 1000},
		{name: "root/.profile", text: "export PROBED=root\n"},
	}
	for applet := range strings.FieldsSeq("sh cat id ls touch stat mkdir test env sleep grep echo hostname head sed true false wc sort printf rm date") {
		files = append(files, file{name: "bin/" + applet, link: "busybox"})
	}
	_, err = oci.WriteLayout(ts.MkAbs(args[0]), args[1], oci.Content{
		Config: v1.Image{Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH}, Config: config},
		Layers: []func(io.Writer) error{tarOf(files)},
	})
	ts.Check(err)
}
