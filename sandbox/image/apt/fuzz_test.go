package apt

import (
	"archive/tar"
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
)

func FuzzRelease(f *testing.F) {
	key := newKey(f)
	signed := sign(f, "Suite: s\nCodename: c\nDate: Sun, 01 Mar 2026 12:00:00 UTC\nSHA256:\n "+strings.Repeat("0", 64)+" 1 main/binary-amd64/Packages.gz\n", key)
	f.Add(signed)
	f.Add([]byte("Suite: s\nDate: x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		keys := openpgp.EntityList{key}
		if text, err := openSigned(b, keys, testDate()); err == nil && !bytes.Contains(text, []byte("Codename: c\n")) {
			t.Errorf("accepted a text that was not signed: %q", text)
		}
		if r, err := parseRelease(b); err == nil {
			_, _ = r.index("main", "amd64")
			_ = r.check("u", "s", testDate(), false)
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("Package: apt\nVersion: 1:2~3-4\nEssential: yes\nPriority: required\nFilename: pool/a.deb\nSize: 1\nSHA256: "+strings.Repeat("a", 64)+"\nDepends: a (>= 1) | b:any, c\nProvides: d (= 2)\nConflicts: e\n\n"), "apt")
	f.Fuzz(func(t *testing.T, b []byte, asked string) {
		ix, err := newIndex(b)
		if err != nil {
			return
		}
		s, err := solve(ix, "s", strings.Fields(asked))
		if err != nil {
			return
		}
		for _, k := range s.packages() {
			if !localPath(k.Filename) || !validSHA256(k.SHA256) || !validName(k.Name) {
				t.Errorf("%+v", k)
			}
		}
	})
}

func FuzzSources(f *testing.F) {
	f.Add("deb [signed-by=/k] http://a.example/debian s main\n")
	f.Add("Types: deb\nURIs: http://a.example/debian\nSuites: s\nSigned-By:\n x\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range append(parseList(text), parseSources(text)...) {
			if s.uri == "" {
				t.Errorf("%+v", s)
			}
		}
		choose(append(parseList(text), parseSources(text)...), "s")
		parseDiversions(text)
	})
}

// FuzzPackage: whatever a package holds, what is made of it names nothing
// outside of the tree.
func FuzzPackage(f *testing.F) {
	for _, p := range minimal() {
		f.Add(p.build(f))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := readDeb(bytes.NewReader(b))
		if err != nil {
			return
		}
		u := &unit{Package: Package{Name: "base", Arch: "amd64"}, deb: d}
		if u.readControl(d.control) != nil {
			return
		}
		var out bytes.Buffer
		m := &merger{tw: tar.NewWriter(&out), epoch: testDate(), view: &view{nodes: map[string]node{}}}
		if m.skeleton("amd64") != nil || m.add(u) != nil || m.record(&database{triggers: map[string][]byte{}}, []*unit{u}) != nil || m.tw.Close() != nil {
			return
		}
		for r := tar.NewReader(&out); ; {
			h, err := r.Next()
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				return
			}
			if name := path.Clean(h.Name); name != "." && !fs.ValidPath(name) {
				t.Errorf("made %q", h.Name)
			}
		}
	})
}
