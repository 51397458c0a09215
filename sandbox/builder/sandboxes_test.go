package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/job"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
	"github.com/rootless-sandbox/sandbox/userns"
	"github.com/rootless-sandbox/sandbox/userns/usernstest"
)

// TestMain plays the part of jobs, too.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == job.Role {
		syscall.Exit(job.Main()) // without the second that a race detector waits
	}
	os.Exit(m.Run())
}

// sandboxes are those of one test: a command leaves a file of its name, says it, and fails when it is named so.
type sandboxes struct {
	t        *testing.T
	builder  Builder
	mu       sync.Mutex
	networks []string
	ran      []Command
}

func newSandboxes(t *testing.T) *sandboxes {
	t.Helper()
	usernstest.Require(t, "userns")
	s, err := store.Open(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &sandboxes{t: t}
	f.builder = Builder{
		Store:   s,
		Images:  func(func(spec.Event)) *local.Images { return &local.Images{Store: s} },
		Sandbox: f.sandbox,
		Secrets: func(_ context.Context, list []spec.Secret, _ string) ([]secret.Value, error) {
			return []secret.Value{{Name: list[0].Name, Data: []byte("quiet")}}, nil
		},
		Proxies: []string{"http_proxy=http://proxy"},
	}
	return f
}

func (f *sandboxes) sandbox(network string, _ userns.IDMap, _ func(spec.Event)) (Sandbox, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.networks = append(f.networks, network)
	return f, nil
}

func (f *sandboxes) Files() []File {
	return []File{{Path: "/etc/hosts", Data: "127.0.0.1 localhost\n"}, {Path: "/etc/apt/apt.conf.d/x", Optional: true}}
}

func (f *sandboxes) Run(_ context.Context, c Command, _ func(spec.Event)) (spec.Exit, error) {
	defer c.Begun()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ran = append(f.ran, c)
	name := c.Args[len(c.Args)-1]
	_, err := fmt.Fprintln(c.Output, "said", name)
	err = errors.Join(err, os.MkdirAll(c.Root.Upper, 0o755), os.WriteFile(filepath.Join(c.Root.Upper, name), nil, 0o644))
	if name == "fail" {
		return spec.Exit{Code: 3}, err
	}
	return spec.Exit{}, err
}

// build builds the Dockerfile of these lines.
func (f *sandboxes) build(how spec.Build, lines ...string) (store.Image, error) {
	f.t.Helper()
	f.ran, f.networks = nil, nil
	how.Text = strings.Join(lines, "\n") + "\n"
	ids := userns.Caller{UID: os.Getuid(), GID: os.Getgid()}.Map(0, 0)
	return f.builder.Make(f.t.Context(), spec.Image{Name: "build:x", Build: &how}, ids, func(spec.Event) {})
}

// commands are the last words of what ran.
func (f *sandboxes) commands() (names []string) {
	for _, c := range f.ran {
		names = append(names, c.Args[len(c.Args)-1])
	}
	return names
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
