package config_test

import (
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestReference(t *testing.T) {
	for ref, want := range map[string]string{
		"debian":                               "debian:latest",
		"docker://docker.io/library/debian:13": "debian:13",
		"index.docker.io/library/debian":       "debian:latest",
		"library/debian:13":                    "debian:13",
		"docker.io/me/tool":                    "me/tool:latest",
		"localhost:5000/tool":                  "localhost:5000/tool:latest",
		"ghcr.io/library/tool:1":               "ghcr.io/library/tool:1",
		"tool@sha256:0123":                     "tool@sha256:0123",
		"tool:1@sha256:0123":                   "tool:1@sha256:0123",
		"docker://":                            "",
	} {
		if got := config.ParseImage(ref).Reference(); got != want {
			t.Errorf("%s: got %q, want %q", ref, got, want)
		}
	}
}
