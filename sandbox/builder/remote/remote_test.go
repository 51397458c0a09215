package remote

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rootless-sandbox/sandbox/sandbox/builder/failure"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// server has one file, and counts how often it is asked.
func server(t *testing.T) (address string, asked *int) {
	t.Helper()
	asked = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		if r.URL.Path != "/file" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
		_, _ = fmt.Fprint(w, "text")
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func sources(t *testing.T, local bool) *Sources {
	t.Helper()
	s, err := store.Open(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &Sources{Store: s, Local: local}
}

// of "text"
const textSum = "sha256:982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"

// TestFile: it is fetched once, with its time, and again by nobody who knows its checksum.
func TestFile(t *testing.T) {
	address, asked := server(t)
	s := sources(t, true)
	for range 2 {
		if got, err := s.File(t.Context(), address+"/file", ""); got != textSum || err != nil || *asked != 1 {
			t.Fatalf("%s, %v, asked %d times", got, err, *asked)
		}
	}
	info, err := os.Stat(s.Store.Download(textSum))
	if err != nil || info.Size() != 4 || !info.ModTime().Equal(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%v, %v", info, err)
	}
	later := &Sources{Store: s.Store}
	if got, err := later.File(t.Context(), address+"/file", textSum); got != textSum || err != nil || *asked != 1 {
		t.Errorf("known by its checksum: %s, %v, asked %d times", got, err, *asked)
	}
	if _, err := s.File(t.Context(), address+"/none", ""); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("what is not there: %v", err)
	}
}

// TestAWrongChecksum is seen, also of what was fetched before without one.
func TestAWrongChecksum(t *testing.T) {
	address, _ := server(t)
	s := sources(t, true)
	wrong := "sha256:" + strings.Repeat("0", 64)
	for _, when := range []string{"at first", "again", "later"} {
		if got, err := s.File(t.Context(), address+"/file", wrong); err == nil || !strings.Contains(err.Error(), "its checksum is "+textSum) {
			t.Errorf("%s: %s, %v", when, got, err)
		}
		if _, err := s.File(t.Context(), address+"/file", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThisMachineIsNotAsked: what listens here alone is for nobody's Dockerfile.
func TestThisMachineIsNotAsked(t *testing.T) {
	address, asked := server(t)
	_, err := sources(t, false).File(t.Context(), address+"/file", "")
	var asks *failure.AsksError
	if !errors.As(err, &asks) || *asked > 0 {
		t.Errorf("%v, asked %d times", err, *asked)
	}
	for address, want := range map[string]bool{
		"127.0.0.1:80": false, "[::1]:80": false, "[::ffff:127.0.0.1]:80": false, "0.0.0.0:80": false, "169.254.169.254:80": false,
		"[fe80::1]:80": false, "not an address": false, "93.184.216.34:80": true, "10.0.0.1:80": true, "[2001:db8::1]:443": true,
	} {
		if err := outside(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestRefOf(t *testing.T) {
	list := "1\tHEAD\n2\trefs/heads/v1\n3\trefs/tags/v1\n4\trefs/tags/v1^{}\n5\trefs/tags/v2\n6\trefs/tags/v2^{}\n7\trefs/tags/light\n8\trefs/heads/deep/v1\n"
	for ref, want := range map[string]string{
		"HEAD": "1", "v1": "2", "v2": "6", "light": "7", "refs/tags/v1": "3", "deep": "", "none": "",
	} {
		if got := refOf(list, ref); got != want {
			t.Errorf("%s is %q, want %q", ref, got, want)
		}
	}
}
