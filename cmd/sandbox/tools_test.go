package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// tools: those that fetch really do, in a private network and in a filtered one that
// allows them. Inside they have the settings of this machine, or of the image.
func (w *templateWorld) tools(t *testing.T, dir string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// What the suite is started with keeps go away from the network.
	env := slices.DeleteFunc(slices.Clone(w.env), func(kv string) bool {
		return strings.HasPrefix(kv, "GOPROXY=") || strings.HasPrefix(kv, "GOMODCACHE=") || strings.HasPrefix(kv, "GOFLAGS=")
	})
	ours := &templateWorld{env: env}
	for name, each := range map[string]struct{ image, script string }{
		"apt": {"apt:trixie", "apt-get update && apt-get install -y --no-install-recommends less && less --version"},
		"go":  {"host", "export GOMODCACHE=/tmp/modules GOFLAGS=-modcacherw && go mod download -json golang.org/x/mod@v0.20.0"},
		// A bundle of the system's own, which node does not ask by itself.
		"npm": {"host", "npm ci --cafile /etc/ssl/certs/ca-certificates.crt --cache /tmp/npm && test -s node_modules/left-pad/package.json"},
	} {
		for _, mode := range []string{"private", "filtered"} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				if _, err := exec.LookPath(name); err != nil && name != "apt" {
					usernstest.Require(t, usernstest.Chromium) // which brings npm
				}
				project := filepath.Join(dir, name+"-"+mode)
				if err := os.CopyFS(project, os.DirFS("testdata/tools")); err != nil {
					t.Fatal(err)
				}
				args := []string{"run", "--image", each.image, "--network", mode, "--user", "root", "--", "sh", "-ec", each.script}
				if out, err := ours.sandbox(project, args...); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
	if out, err := ours.sandbox(dir, "run", "--network", "none", "--", "sh", "-c", "GOMODCACHE=/tmp/modules go mod download -json golang.org/x/mod@v0.20.0"); err == nil {
		t.Errorf("without a network: %s", out)
	}
}
