package apt

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
)

func TestResolve(t *testing.T) {
	for _, byHash := range []bool{false, true} {
		a := serve(t, &testArchive{packages: minimal(), byHash: byHash})
		o := a.options(t)
		p, err := Resolve(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(p); got != "apt base libdep" {
			t.Errorf("got %q", got)
		}
		if p.Suite != "stable" || p.Codename != "testing-name" || !p.Date.Equal(testDate()) || p.Mirror != a.url {
			t.Errorf("%+v", p)
		}
		if dep := p.Packages[2]; !dep.Base || !dep.Auto || dep.Version != "1.5-2" {
			t.Errorf("%+v", dep)
		}
		if apt := p.Packages[0]; !apt.Base || apt.Auto || len(apt.Depends) != 1 {
			t.Errorf("%+v", apt)
		}
		// A second time, the index comes from the cache, and the plan is the same.
		gets := func() (n int) {
			for path, k := range a.gets {
				if !strings.HasSuffix(path, "InRelease") {
					n += k
				}
			}
			return n
		}
		before := gets()
		q, err := Resolve(t.Context(), o)
		if err != nil || q.Digest() != p.Digest() {
			t.Errorf("again: %v", err)
		}
		if gets() != before {
			t.Error("the index was fetched again")
		}
		o.Suite = a.codename
		if _, err := Resolve(t.Context(), o); err == nil { // it is not served under that name
			t.Error("found under a name that the archive does not have")
		}
	}
}

// TestDigest: the key follows the versions and what shapes the tree, not the
// date of the release.
func TestDigest(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	p, err := Resolve(t.Context(), a.options(t))
	if err != nil {
		t.Fatal(err)
	}
	later := *p
	later.Date = p.Date.AddDate(0, 1, 0)
	if later.Digest() != p.Digest() {
		t.Error("the date of the release changed the digest")
	}
	a.packages[2].version = "1.6"
	a.publish(t)
	q, err := Resolve(t.Context(), a.options(t))
	if err != nil || q.Digest() == p.Digest() {
		t.Errorf("another version, the same digest (%v)", err)
	}
}

func TestResolveRefuses(t *testing.T) {
	other := newKey(t)
	as := func(target any) func(error) bool {
		return func(err error) bool { return errors.As(err, target) }
	}
	for name, c := range map[string]struct {
		expires string
		change  func(t *testing.T, a *testArchive, o *Options)
		want    func(error) bool
		says    string
	}{
		"another key": {want: as(new(*SignatureError)), change: func(t *testing.T, a *testArchive, o *Options) {
			var b bytes.Buffer
			_ = other.Serialize(&b)
			o.Keyring = writeFile(t, b.Bytes())
		}},
		"changed after it was signed": {want: as(new(*SignatureError)), change: func(_ *testing.T, a *testArchive, _ *Options) {
			p := "dists/stable/InRelease"
			a.files[p] = bytes.Replace(a.files[p], []byte("Origin: Test"), []byte("Origin: Fake"), 1)
		}},
		"not signed": {want: as(new(*SignatureError)), change: func(_ *testing.T, a *testArchive, _ *Options) {
			a.files["dists/stable/InRelease"] = []byte("Suite: stable\n")
		}},
		"text before the signed one": {want: as(new(*SuiteError)), change: func(t *testing.T, a *testArchive, _ *Options) {
			signed := sign(t, "Suite: old\nCodename: older\nDate: Sun, 01 Mar 2026 12:00:00 UTC\nSHA256:\n "+strings.Repeat("0", 64)+" 1 x\n", a.key)
			a.files["dists/stable/InRelease"] = append([]byte("Suite: stable\n\n"), signed...)
		}},
		"expired": {expires: "Sun, 01 Mar 2026 11:59:59 UTC", want: as(new(*ExpiredError)), says: "valid until 2026-03-01T11:59:59Z"},
		"another suite": {want: as(new(*SuiteError)), change: func(_ *testing.T, a *testArchive, o *Options) {
			a.files["dists/sid/InRelease"] = a.files["dists/stable/InRelease"]
			o.Suite = "sid"
		}},
		"no such suite":        {want: as(new(*StatusError)), says: "404", change: func(_ *testing.T, _ *testArchive, o *Options) { o.Suite = "gone" }},
		"suite that is a path": {says: "not a name", change: func(_ *testing.T, _ *testArchive, o *Options) { o.Suite = "../../etc" }},
		"index is another": {want: as(new(*HashError)), change: func(_ *testing.T, a *testArchive, _ *Options) {
			p := "dists/stable/main/binary-amd64/Packages.gz"
			a.files[p] = bytes.Repeat([]byte("x"), len(a.files[p]))
		}},
		"index is longer": {want: as(new(*HashError)), change: func(_ *testing.T, a *testArchive, _ *Options) {
			p := "dists/stable/main/binary-amd64/Packages.gz"
			a.files[p] = append(a.files[p], make([]byte, 1<<20)...)
		}},
		"index is cut": {want: as(new(*HashError)), change: func(_ *testing.T, a *testArchive, _ *Options) {
			p := "dists/stable/main/binary-amd64/Packages.gz"
			a.files[p] = a.files[p][:50]
		}},
		"no component": {want: as(new(*ComponentError)), says: "it has main", change: func(_ *testing.T, _ *testArchive, o *Options) {
			o.Components = []string{"main", "extra"}
		}},
		"no architecture": {want: as(new(*ComponentError)), says: "it has amd64", change: func(_ *testing.T, _ *testArchive, o *Options) { o.Arch = "vax" }},
		"no keyring":      {want: as(new(*KeyringError)), change: func(_ *testing.T, _ *testArchive, o *Options) { o.Keyring = "" }},
		"keyring is none": {want: as(new(*KeyringError)), change: func(t *testing.T, _ *testArchive, o *Options) {
			o.Keyring = writeFile(t, []byte("no keys"))
		}},
		"no mirror":   {want: as(new(*MirrorError)), change: func(_ *testing.T, _ *testArchive, o *Options) { o.Mirror = "" }},
		"odd mirror":  {want: as(new(*MirrorError)), says: `"ftp"`, change: func(_ *testing.T, _ *testArchive, o *Options) { o.Mirror = "ftp://example.org" }},
		"two missing": {want: as(new(*MissingError)), says: "no package aptt (nearest: apt), zzz", change: func(_ *testing.T, _ *testArchive, o *Options) { o.Packages = []string{"zzz", "apt", "aptt"} }},
		"version":     {want: as(new(*MissingError)), says: "apt=9", change: func(_ *testing.T, _ *testArchive, o *Options) { o.Packages = []string{"apt=9"} }},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, &testArchive{packages: minimal(), validUntil: c.expires})
			o := a.options(t)
			if c.change != nil {
				c.change(t, a, &o)
			}
			_, err := Resolve(t.Context(), o)
			if err == nil || c.want != nil && !c.want(err) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %T: %v", err, err)
			}
		})
	}
}

// TestOneGoodSignature: an archive signs with its old key and its new one.
func TestOneGoodSignature(t *testing.T) {
	old, young := newKey(t), newKey(t)
	file := sign(t, "Suite: s\n", old, young)
	if _, err := openSigned(file, openpgp.EntityList{young}, testDate()); err != nil {
		t.Errorf("the second key alone: %v", err)
	}
	if _, err := openSigned(file, openpgp.EntityList{old}, testDate()); err != nil {
		t.Errorf("the first key alone: %v", err)
	}
	if _, err := openSigned(file, nil, testDate()); err == nil {
		t.Error("no key: no error")
	}
}

func TestRetry(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal()})
	failed := false
	a.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		if failed {
			return false
		}
		failed = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	if _, err := Resolve(t.Context(), a.options(t)); err != nil || !failed {
		t.Errorf("got %v", err)
	}
}

func TestSnapshotMayBeOld(t *testing.T) {
	a := serve(t, &testArchive{packages: minimal(), validUntil: "Sun, 01 Mar 2026 12:00:00 UTC"})
	o := a.options(t)
	o.Now = func() time.Time { return testDate().AddDate(1, 0, 0) }
	a.answer = func(w http.ResponseWriter, r *http.Request) bool {
		b, ok := a.files[strings.TrimPrefix(r.URL.Path, "/20260301T000000Z/")]
		if ok {
			_, _ = w.Write(b)
		}
		return ok
	}
	o.Snapshot = "20260301T000000Z"
	p, err := Resolve(t.Context(), o)
	if err != nil || p.Mirror != a.url+"/20260301T000000Z" {
		t.Errorf("got %v", err)
	}
}

func writeFile(t *testing.T, b []byte) string {
	t.Helper()
	path := t.TempDir() + "/file"
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
