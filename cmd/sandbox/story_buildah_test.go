package main

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rootless-sandbox/sandbox/sandbox/image/oci"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestBuildahStory builds the same Dockerfiles here and by buildah, which can do it
// only for users with a range of ids, and compares what they come to.
func TestBuildahStory(t *testing.T) {
	usernstest.Require(t, "subids", "buildah")
	for _, dir := range []string{"/tmp/containers-user-", "/tmp/podman-run-"} { // wherever it is told to keep things
		dir += strconv.Itoa(os.Getuid())
		if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
		}
	}
	stories(t, "testdata/buildah")
}

// buildah is the program with a store in the story's own directory, in the isolation that needs
// no control groups.
func buildah(ts *testscript.TestScript, args ...string) *exec.Cmd {
	store := ts.Getenv("WORK") + "/buildah"
	c := exec.Command("buildah", append([]string{"--storage-driver", "vfs", "--root", store + "/root", "--runroot", store + "/run"}, args...)...)
	c.Dir = ts.MkAbs(".")
	c.Env = []string{"BUILDAH_ISOLATION=chroot", "TMPDIR=" + ts.Getenv("TMPDIR")}
	for _, name := range []string{"PATH", "HOME", "USER", "XDG_RUNTIME_DIR"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	return c
}

// bases: gives both localhost/base, an image with a static busybox and some users.
func makeBases(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: bases")
	}
	path, err := exec.LookPath("busybox")
	ts.Check(err)
	busybox, err := os.ReadFile(path)
	ts.Check(err)
	applets, err := exec.Command(path, "--list").Output()
	ts.Check(err)
	files := []file{
		{name: "bin/"}, {name: "etc/"}, {name: "old/"}, {name: "old/deep/"}, {name: "usr/"}, {name: "usr/lib/"},
		{name: "bin/busybox", text: string(busybox), mode: 0o755},
		{name: "etc/passwd", text: "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/srv:/bin/sh\n"},
		{name: "etc/group", text: "root:x:0:\nwebs:x:102:\nops:x:103:web\n"},
		{name: "etc/hosts"}, {name: "etc/resolv.conf"}, {name: "etc/hostname"}, // both mount there
		{name: "old/deep/file", text: "of the base\n", mode: 0o640, uid: 7}, {name: "old/gone", text: "gone\n"},
		{name: "lib", link: "usr/lib"}, {name: "usr/lib/x", text: "x\n"}, {name: "of/"}, {name: "of/base/"},
	}
	for applet := range strings.FieldsSeq(string(applets)) {
		if applet != "busybox" {
			files = append(files, file{name: "bin/" + applet, link: "busybox"})
		}
	}
	layout := ts.Getenv("WORK") + "/base"
	_, err = oci.WriteLayout(layout, "base:1", oci.Content{
		Config: v1.Image{
			History:  []v1.History{{CreatedBy: "a test"}}, // buildah counts its layers by it
			Platform: v1.Platform{OS: "linux", Architecture: runtime.GOARCH},
			Config: v1.ImageConfig{
				Env: []string{"PATH=/bin", "BASE=yes"}, Labels: map[string]string{"of": "base", "both": "base"}, Cmd: []string{"of-base"},
				ExposedPorts: map[string]struct{}{"80/tcp": {}}, Volumes: map[string]struct{}{"/of/base": {}},
			},
		},
		Layers: []func(io.Writer) error{tarOf(files)},
	})
	ts.Check(err)
	ts.Check(ts.Exec("sandbox", "image", "pull", "oci:"+layout+":1"))
	ts.Check(ts.Exec("sandbox", "image", "tag", "oci:"+layout+":1", "localhost/base"))
	ts.Defer(func() { ts.Check(run(buildah(ts, "unshare", "rm", "-rf", ts.Getenv("WORK")+"/buildah"))) })
	pull := buildah(ts, "pull", "-q", "oci:base:1") // it makes a name of the path, which may have no capital letter
	pull.Dir = filepath.Dir(layout)
	var said strings.Builder
	pull.Stderr = &said
	id, err := pull.Output()
	if err != nil {
		ts.Fatalf("buildah pull: %v\n%s", err, said.String())
	}
	ts.Check(run(buildah(ts, "tag", strings.TrimSpace(string(id)), "localhost/base")))
}

// same DIR [FLAG...]: both build DIR, buildah the file Dockerfile.old where there is one: the same
// in words that it knows. Files and configuration have to be the same. $SERVER serves DIR/www.
func sameAsBuildah(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: same DIR [FLAG...]")
	}
	dir, flags := ts.MkAbs(args[0]), args[1:]
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(dir, "www"))))
	defer server.Close()
	theirs := filepath.Join(dir, "Dockerfile")
	if _, err := os.Lstat(theirs + ".old"); err == nil {
		theirs += ".old"
	}
	for _, name := range []string{theirs, filepath.Join(dir, "Dockerfile")} {
		text := strings.ReplaceAll(ts.ReadFile(name), "$SERVER", server.URL)
		ts.Check(os.WriteFile(name, []byte(text), 0o644))
	}
	name := "localhost/" + strings.ToLower(filepath.Base(dir))
	out := dir + ".out"
	ts.Check(ts.Exec("sandbox", slices.Concat([]string{"build", "--progress", "plain", "--allow", "network.host", "-t", name}, flags, []string{dir})...))
	ts.Check(ts.Exec("sandbox", "image", "save", name, "docker-archive:"+out+".ours"))
	ts.Check(run(buildah(ts, slices.Concat([]string{"bud", "--format", "docker", "-f", theirs, "-t", name}, flags, []string{dir})...)))
	ts.Check(run(buildah(ts, "push", "-q", name, "docker-archive:"+out+".theirs")))
	ours, their := readBuilt(ts, out+".ours"), readBuilt(ts, out+".theirs")
	if diff := ours.diff(their); len(diff) > 0 {
		ts.Fatalf("%s: here (-) and by buildah (+):\n%s", args[0], strings.Join(diff, "\n"))
	}
	if len(ours.files) < 100 {
		ts.Fatalf("only %d files were compared", len(ours.files))
	}
}

// built is what an image is: a line a file, and a line a part of its configuration.
type built struct{ files, config map[string]string }

func readBuilt(ts *testscript.TestScript, archive string) built {
	image, err := tarball.ImageFromPath(archive, nil)
	ts.Check(err)
	layers, err := image.Layers()
	ts.Check(err)
	b := built{files: map[string]string{}, config: map[string]string{}}
	for _, l := range layers {
		ts.Check(b.apply(l))
	}
	c, err := image.ConfigFile()
	ts.Check(err)
	delete(c.Config.Labels, "io.buildah.version")
	slices.Sort(c.Config.Env)
	text, err := json.Marshal(map[string]any{
		"Env": c.Config.Env, "Cmd": c.Config.Cmd, "Entrypoint": c.Config.Entrypoint, "User": c.Config.User, "WorkingDir": c.Config.WorkingDir,
		"Labels": c.Config.Labels, "Volumes": c.Config.Volumes, "ExposedPorts": c.Config.ExposedPorts, "StopSignal": c.Config.StopSignal,
		"Healthcheck": c.Config.Healthcheck, "OnBuild": c.Config.OnBuild, "Shell": c.Config.Shell,
		"Author": c.Author, "Architecture": c.Architecture, "OS": c.OS,
	})
	ts.Check(err)
	parts := map[string]json.RawMessage{}
	ts.Check(json.Unmarshal(text, &parts))
	for name, value := range parts {
		if v := string(value); v != "null" && v != "[]" && v != "{}" && v != `""` {
			b.config[name] = v
		}
	}
	return b
}

// apply puts a layer on top of what is there.
func (b built) apply(l ggcr.Layer) error {
	r, err := l.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Join("/", h.Name)
		dir, base := filepath.Split(name)
		switch hidden, ok := strings.CutPrefix(base, ".wh."); {
		case base == ".wh..wh..opq":
			b.remove(strings.TrimSuffix(dir, "/"), false)
			continue
		case ok:
			b.remove(dir+hidden, true)
			continue
		}
		if h.Typeflag != tar.TypeDir {
			b.remove(name, true)
		}
		if b.files[name], err = b.line(h, t); err != nil {
			return err
		}
	}
}

func (b built) remove(name string, itself bool) {
	for other := range b.files {
		if strings.HasPrefix(other, name+"/") || itself && other == name {
			delete(b.files, other)
		}
	}
}

// line is all that counts of a file. A time counts where the story gave one, of long ago.
func (b built) line(h *tar.Header, r io.Reader) (string, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	if h.Typeflag == tar.TypeSymlink {
		h.Mode = 0o777 // there is no other
	}
	words := []string{string(h.Typeflag), fmt.Sprintf("%04o", h.Mode&0o7777), fmt.Sprintf("%d:%d", h.Uid, h.Gid), fmt.Sprint(h.Size)}
	if h.Typeflag == tar.TypeLink {
		words = append(words, b.files[filepath.Join("/", h.Linkname)])
	} else {
		words = append(words, h.Linkname, string(text[:min(len(text), 60)]))
	}
	for key, value := range h.PAXRecords {
		if attribute, ok := strings.CutPrefix(key, "SCHILY.xattr."); ok {
			words = append(words, fmt.Sprintf("%s=%q", attribute, value))
		}
	}
	if y := h.ModTime.Year(); h.Typeflag == tar.TypeReg && y > 1970 && y < 2010 {
		words = append(words, h.ModTime.UTC().String())
	}
	return fmt.Sprintf("%q", words), nil
}

// notTheirs are what a command of a build sees, and no part of an image.
var notTheirs = []string{"/dev", "/proc", "/sys", "/run", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}

// diff has a line for each that is here alone or there alone, and two for what is not the same.
func (b built) diff(other built) []string {
	var out []string
	compare := func(sign string, a, b map[string]string) {
		for name, line := range a {
			if b[name] == line || name == "/" ||
				slices.ContainsFunc(notTheirs, func(n string) bool { return name == n || strings.HasPrefix(name, n+"/") }) {
				continue
			}
			out = append(out, name+" "+sign+" "+line)
		}
	}
	compare("-", b.files, other.files)
	compare("-", b.config, other.config)
	compare("+", other.files, b.files)
	compare("+", other.config, b.config)
	slices.Sort(out)
	return out
}
