package apt

import (
	"os"
	"path/filepath"
	"testing"
)

func TestHostSources(t *testing.T) {
	const list = `# deb http://comment.example/debian trixie main
deb-src http://source.example/debian trixie main
deb [arch=amd64 signed-by=/etc/keys/one.gpg] http://one.example/debian/ trixie main contrib # note
deb cdrom:[Disc]/ trixie main
deb	http://tab.example/debian	sid	main
`
	const deb822 = `# comment
Types: deb deb-src
URIs: http://two.example/debian http://three.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/two.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: buster
Components: main

Types: deb
URIs: http://four.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: https://vendor.example/stuff
Suites: stable
Components: main
`
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, "etc/apt", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("sources.list.d/a.sources", deb822)
	write("sources.list.d/b.sources.off", "Types: deb\nURIs: http://no.example/debian\nSuites: sarge\nComponents: main\n")
	for name, c := range map[string]struct {
		o       Options
		base    string
		keyring string
	}{
		"suite of the host":          {Options{Suite: "bookworm"}, "http://two.example/debian", "/usr/share/keyrings/two.gpg"},
		"its updates":                {Options{Suite: "bookworm-updates"}, "http://two.example/debian", "/usr/share/keyrings/two.gpg"},
		"another address":            {Options{Suite: "bookworm-security"}, "http://four.example/debian-security", ""},
		"suite it does not have":     {Options{Suite: "forky"}, "http://two.example/debian", "/usr/share/keyrings/two.gpg"},
		"one that is switched off":   {Options{Suite: "buster"}, "http://two.example/debian", "/usr/share/keyrings/two.gpg"},
		"asked for":                  {Options{Suite: "bookworm", Mirror: "http://mine.example/debian/"}, "http://mine.example/debian", ""},
		"asked for, with a key":      {Options{Suite: "bookworm", Mirror: "http://mine.example", Keyring: "/k"}, "http://mine.example", "/k"},
		"the host's own, asked for":  {Options{Suite: "bookworm", Mirror: "http://two.example/debian/"}, "http://two.example/debian", "/usr/share/keyrings/two.gpg"},
		"snapshot":                   {Options{Suite: "bookworm", Snapshot: "20260101T000000Z"}, "http://two.example/debian/20260101T000000Z", "/usr/share/keyrings/two.gpg"},
		"snapshot as an address":     {Options{Suite: "bookworm", Snapshot: "http://past.example/x/"}, "http://past.example/x", "/usr/share/keyrings/two.gpg"},
		"directory":                  {Options{Suite: "bookworm", Mirror: "file:/srv/debian"}, "file:/srv/debian", ""},
		"a vendor's suite is no use": {Options{Suite: "stable"}, "https://vendor.example/stuff", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.HostRoot = root
			a, err := locate(c.o)
			if err != nil || a.base != c.base || a.keyring != c.keyring {
				t.Errorf("got %+v (%v)", a, err)
			}
		})
	}
	write("sources.list", list) // comes first
	a, err := locate(Options{Suite: "trixie", HostRoot: root})
	if err != nil || a.base != "http://one.example/debian" || a.keyring != "/etc/keys/one.gpg" {
		t.Errorf("got %+v (%v)", a, err)
	}
	if a, err := locate(Options{Suite: "sid", HostRoot: root}); err != nil || a.base != "http://tab.example/debian" {
		t.Errorf("got %+v (%v)", a, err)
	}
}

func TestPublic(t *testing.T) {
	if got := public("https://me:secret@example.org/debian"); got != "https://example.org/debian" {
		t.Error(got)
	}
}
