package apt

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// testArchive is a small archive of its own, signed by a key made for it.
type testArchive struct {
	suite, codename string
	validUntil      string
	byHash          bool
	packages        []testPackage
	key             *openpgp.Entity

	mu    sync.Mutex
	files map[string][]byte // by path
	gets  map[string]int    // how often a path was asked for
	// answer, when set, comes before the archive's own.
	answer func(w http.ResponseWriter, r *http.Request) bool
	url    string
}

// testPackage is a package: its paragraph's fields beside those that follow
// from the rest, its files, and what else is in control.tar.
type testPackage struct {
	name, version, fields string
	files                 []testFile
	control               map[string]string
}

type testFile struct {
	name, body, link string
	mode             int64
	hard             bool
}

func testDate() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func newKey(t testing.TB) *openpgp.Entity {
	t.Helper()
	key, err := openpgp.NewEntity("Archive", "", "archive@example.org", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return testDate().AddDate(-1, 0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// minimal are packages that make a base system of their own.
func minimal() []testPackage {
	return []testPackage{
		{name: "base", version: "1", fields: "Essential: yes\nPriority: required\n", files: []testFile{
			{name: "./etc/", mode: 0o755}, {name: "./etc/base", body: "base\n", mode: 0o644},
			{name: "./usr/bin/", mode: 0o755}, {name: "./usr/bin/sh", body: "#!", mode: 0o4755},
			{name: "./bin/", mode: 0o755}, {name: "./bin/hard", link: "./usr/bin/sh", hard: true},
		}, control: map[string]string{"conffiles": "/etc/base\n", "postinst": "#!/bin/sh\n"}},
		{name: "apt", version: "2.0", fields: "Depends: libdep (>= 1)\n", files: []testFile{
			{name: "./etc/apt/", mode: 0o755}, {name: "./var/lib/apt/", mode: 0o755}, {name: "./var/lib/dpkg/", mode: 0o755},
		}},
		{name: "libdep", version: "1.5-2", fields: "Multi-Arch: same\n", files: []testFile{{name: "./usr/lib/libdep.so", body: "dep", mode: 0o644}}},
	}
}

func serve(t testing.TB, a *testArchive) *testArchive {
	t.Helper()
	if a.suite == "" {
		a.suite, a.codename = "stable", "testing-name"
	}
	if a.key == nil {
		a.key = newKey(t)
	}
	a.publish(t)
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	a.url = s.URL
	return a
}

// publish makes all files of the archive anew.
func (a *testArchive) publish(t testing.TB) {
	t.Helper()
	files := map[string][]byte{}
	var index strings.Builder
	for _, p := range a.packages {
		b := p.build(t)
		path := fmt.Sprintf("pool/%s_%s_amd64.deb", p.name, strings.ReplaceAll(p.version, ":", "%3a"))
		files[path] = b
		fmt.Fprintf(&index, "%sFilename: %s\nSize: %d\nSHA256: %s\nDescription: of %s\n and more\n\n", p.paragraph(), path, len(b), hexSum(b), p.name)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(index.String()))
	_ = w.Close()
	dir := "dists/" + a.suite + "/"
	name := "main/binary-amd64/Packages.gz"
	files[dir+name] = z.Bytes()
	text := fmt.Sprintf("Origin: Test\nSuite: %s\nCodename: %s\nDate: %s\n", a.suite, a.codename, testDate().Format("Mon, 02 Jan 2006 15:04:05 UTC"))
	if a.validUntil != "" {
		text += "Valid-Until: " + a.validUntil + "\n"
	}
	if a.byHash {
		text += "Acquire-By-Hash: yes\n"
		delete(files, dir+name)
		files[dir+"main/binary-amd64/by-hash/SHA256/"+hexSum(z.Bytes())] = z.Bytes()
	}
	text += fmt.Sprintf("Architectures: amd64\nComponents: main\nSHA256:\n %s %d %s\n %s %d %s\n", hexSum(z.Bytes()), z.Len(), name,
		hexSum([]byte(index.String())), index.Len(), strings.TrimSuffix(name, ".gz"))
	files[dir+"InRelease"] = sign(t, text, a.key)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files, a.gets = files, map[string]int{}
}

func sign(t testing.TB, text string, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var out bytes.Buffer
	var private []*packet.PrivateKey
	for _, k := range keys {
		private = append(private, k.PrivateKey)
	}
	w, err := clearsign.EncodeMulti(&out, private, &packet.Config{Time: testDate})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (a *testArchive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/")
	a.gets[path]++
	if a.answer != nil && a.answer(w, r) {
		return
	}
	b, ok := a.files[path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(b)
}

// options are those for the archive, with nothing of the host's.
func (a *testArchive) options(t testing.TB) Options {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.gpg")
	var b bytes.Buffer
	if err := a.key.Serialize(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return Options{Suite: a.suite, Mirror: a.url + "/", Keyring: path, Arch: "amd64", HostRoot: t.TempDir(), Cache: t.TempDir(), Now: testDate}
}

func (p testPackage) paragraph() string {
	arch := "amd64"
	if strings.Contains(p.fields, "Architecture:") {
		arch = ""
	} else {
		arch = "Architecture: " + arch + "\n"
	}
	return fmt.Sprintf("Package: %s\nVersion: %s\n%s%s", p.name, p.version, arch, p.fields)
}

// build makes the .deb.
func (p testPackage) build(t testing.TB) []byte {
	t.Helper()
	control := []testFile{{name: "./control", body: p.paragraph() + "Maintainer: nobody\nDescription: test\n", mode: 0o644}}
	for _, name := range []string{"conffiles", "preinst", "postinst", "triggers", "md5sums"} {
		if body, ok := p.control[name]; ok {
			control = append(control, testFile{name: "./" + name, body: body, mode: 0o755})
		}
	}
	var out bytes.Buffer
	out.WriteString(arMagic)
	for _, m := range []struct {
		name string
		body []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", pack(t, control)}, {"data.tar.gz", pack(t, p.files)}} {
		if err := writeMember(&out, m.name, testDate(), m.body); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func pack(t testing.TB, files []testFile) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.body)), Typeflag: tar.TypeReg, ModTime: testDate().Add(-time.Hour)}
		switch {
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag = tar.TypeDir
		case f.hard:
			h.Typeflag, h.Linkname = tar.TypeLink, f.link
		case f.link != "":
			h.Typeflag, h.Linkname = tar.TypeSymlink, f.link
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(f.body))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func names(p *Plan) string {
	var all []string
	for _, k := range p.Packages {
		all = append(all, k.Name)
	}
	return strings.Join(all, " ")
}
