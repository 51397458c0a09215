//go:build !core

package sandbox

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// TestMirrorsPasswordIsNotKept: it is in no name, and in nothing that is written down.
func TestMirrorsPasswordIsNotKept(t *testing.T) {
	for name, c := range map[string]struct {
		apt config.Apt
		env []string
	}{
		"mirror":   {apt: config.Apt{Mirror: "http://me:hidden@mirror.example/debian"}},
		"variable": {env: []string{"SANDBOX_APT_MIRROR=http://me:hidden@mirror.example/debian"}},
		"snapshot": {apt: config.Apt{Mirror: "http://x:y@other.example/", Snapshot: "http://me:hidden@mirror.example/debian"}},
	} {
		i, err := planImage(&config.Loaded{}, config.Config{Image: "apt:trixie", Apt: c.apt}, Host{Env: c.env})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "hidden") || !strings.Contains(string(text), "http://mirror.example/debian") {
			t.Errorf("%s: kept is %s", name, text)
		}
		used := i.Apt.Mirror
		if c.apt.Snapshot != "" {
			used = i.Apt.Snapshot
		}
		if got := withLogin(used, i.AptLogin); got != "http://me:hidden@mirror.example/debian" {
			t.Errorf("%s: used is %s", name, got)
		}
	}
}

func TestCutLogin(t *testing.T) {
	for address, want := range map[string][2]string{
		"":                        {"", ""},
		"20260101T000000Z":        {"20260101T000000Z", ""},
		"file:///srv/a@b":         {"file:///srv/a@b", ""},
		"http://h/a@b:c":          {"http://h/a@b:c", ""},
		"https://me@h:8080/x":     {"https://h:8080/x", "me"},
		"https://me:p%40@h:8080/": {"https://h:8080/", "me:p%40"},
	} {
		without, login := cutLogin(address)
		if got := [2]string{without, login}; got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
		if withLogin(without, login) != address {
			t.Errorf("%s: put together it is %s", address, withLogin(without, login))
		}
	}
}

func TestSavedAndLoadedNames(t *testing.T) {
	for _, c := range []struct{ name, tag, want string }{
		{"golang:1.26", "", "golang:1.26"},
		{"golang:1.26", "mine", "golang:mine"},
		{"localhost:5000/tool@sha256:01", "1", "localhost:5000/tool:1"},
		{"oci:/home/me/My Layout", "", "localhost/my-layout:latest"},
		{"oci:/layout:2", "", "localhost/layout:2"},
		{"rootfs:/x/mini.tar.gz", "3", "localhost/mini:3"},
		{"apt:trixie http://mirror.example + git", "", "localhost/apt:trixie"},
	} {
		if got := savedName(c.name, c.tag); got != c.want {
			t.Errorf("%s, tag %s: saved as %s, want %s", c.name, c.tag, got, c.want)
		}
	}
	for tag, want := range map[string]string{
		"":                         "localhost/out:latest",
		"1":                        "localhost/out:1",
		"docker.io/library/tool:1": "tool:1",
		"ghcr.io/me/tool:1":        "ghcr.io/me/tool:1",
		"apt:trixie":               "localhost/apt:trixie",
	} {
		if got := loadedName("/tmp/out.tar", tag); got != want {
			t.Errorf("%s: loaded as %s, want %s", tag, got, want)
		}
	}
}
