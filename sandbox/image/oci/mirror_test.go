package oci

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestCandidates(t *testing.T) {
	hub := Mirror{Prefix: "docker.io", With: []string{"mirror.example/hub", "localhost:5000/"}}
	library := Mirror{Prefix: "docker.io/library/", With: []string{"other.example/lib"}, Only: true}
	for _, c := range []struct {
		ref     string
		mirrors []Mirror
		want    []string
	}{
		{"debian", nil, []string{"index.docker.io/library/debian:latest"}},
		{"debian:13", []Mirror{hub}, []string{"mirror.example/hub/library/debian:13", "localhost:5000/library/debian:13", "index.docker.io/library/debian:13"}},
		{"docker.io/me/x:1", []Mirror{library}, []string{"index.docker.io/me/x:1"}},
		{"debian:13", []Mirror{library, hub}, []string{"other.example/lib/debian:13"}},
		{"quay.example/a/b@sha256:" + strings.Repeat("a", 64), []Mirror{{Prefix: "quay.example/a", With: []string{"m.example"}}}, []string{
			"m.example/b@sha256:" + strings.Repeat("a", 64), "quay.example/a/b@sha256:" + strings.Repeat("a", 64),
		}},
		{"quay.example/ab/c:1", []Mirror{{Prefix: "quay.example/a", With: []string{"m.example"}}}, []string{"quay.example/ab/c:1"}},
	} {
		r, err := parse(c.ref)
		if err != nil {
			t.Fatal(err)
		}
		at, err := candidates(r, c.mirrors)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range at {
			got = append(got, one.Name())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.ref, got, c.want)
		}
	}
	r, err := parse("debian")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := candidates(r, []Mirror{{Prefix: "docker.io", With: []string{"no reference"}}}); !errors.Is(err, ErrReference) {
		t.Errorf("got %v", err)
	}
}
