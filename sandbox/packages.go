package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/local"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
	"github.com/rootless-sandbox/sandbox/sandbox/store"
)

// PackageError: the image's package manager knows no such package.
type PackageError struct {
	Image string
	Names []string
}

func (e *PackageError) Error() string {
	return fmt.Sprintf("install packages on %s: no package %s", e.Image, strings.Join(e.Names, ", "))
}

// NoManagerError: the image has no package manager that is known.
type NoManagerError struct{ Image string }

func (e *NoManagerError) Error() string {
	return "install packages on " + e.Image + ": it has none of apt-get, apk and dnf"
}

// addPackages puts a layer with packages on top of a base, made once for each
// content of the base and of the list.
func (e *Engine) addPackages(ctx context.Context, images *local.Images, b *local.Base, p *prepared, emit func(spec.Event)) error {
	i := p.spec.Image
	content := sha256.Sum256([]byte(strings.Join(b.Keys, "\n") + "\n\n" + strings.Join(i.Packages, "\n")))
	name, err := e.generationOf("packages:"+hex.EncodeToString(content[:16]), p.policy == local.Always)
	if err != nil {
		return err
	}
	key := store.LayerKey(name, p.ids.Key())
	what := fmt.Sprintf("%s + %d packages", i.Ref, len(i.Packages))
	return e.addLayer(ctx, images, b, key, what, "built", emit, func() error { return e.installPackages(ctx, b, p, key, emit) })
}

func (e *Engine) installPackages(ctx context.Context, base *local.Base, p *prepared, key string, emit func(spec.Event)) error {
	m, ok := findManager(base.Dirs)
	if !ok {
		return &NoManagerError{p.spec.Image.Ref}
	}
	cache := e.store.Cache(m.name)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	i := &installer{engine: e, ids: p.ids, mounts: []spec.Mount{{Type: "bind", Source: cache, Target: m.cache}}, emit: emit}
	return i.layer(ctx, base, key, append(m.litter, "root"), func() error {
		for _, s := range m.steps(p.spec.Image.Packages) {
			i.network = s.network
			if err := i.run(ctx, s.args, slices.Concat(proxies(), []string{"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"})); err != nil {
				return unknownPackages(err, p.spec.Image.Ref)
			}
		}
		return nil
	})
}

// manager is a package manager of an image.
type manager struct {
	name   string
	cache  string // where it keeps what it fetched
	litter []string
	steps  func(packages []string) []buildStep
}

// buildStep is one command. Those that fetch have a network, and those that run scripts of packages have none.
type buildStep struct {
	args    []string
	network string
}

// findManager looks into the layers, whose upper ones may hide what is below.
func findManager(dirs []string) (manager, bool) {
	for path, m := range map[string]manager{"usr/bin/apt-get": aptManager(), "sbin/apk": apkManager(), "usr/bin/dnf": dnfManager()} {
		for _, dir := range slices.Backward(dirs) {
			if st, err := os.Lstat(filepath.Join(dir, path)); err == nil {
				if st.Mode()&fs.ModeDevice == 0 {
					return m, true
				}
				break // a whiteout
			}
		}
	}
	return manager{}, false
}

func aptManager() manager {
	get := func(args ...string) []string {
		return append([]string{"apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-unsafe-io",
			"-o", "APT::Install-Recommends=false", "-o", "Acquire::Retries=3"}, args...)
	}
	return manager{name: "apt", cache: "/var/cache/apt/archives", litter: []string{"var/lib/apt/lists", "var/cache/apt", "var/log", "var/cache/debconf/templates.dat-old", "var/cache/ldconfig"},
		steps: func(packages []string) []buildStep {
			return []buildStep{
				{get("update"), "host"},
				{get(append([]string{"install", "--download-only", "--"}, packages...)...), "host"},
				{get(append([]string{"install", "--"}, packages...)...), "none"},
			}
		}}
}

func apkManager() manager {
	return manager{name: "apk", cache: "/etc/apk/cache", litter: []string{"etc/apk/cache", "var/log"}, steps: func(packages []string) []buildStep {
		return []buildStep{{append([]string{"apk", "add", "--no-progress"}, packages...), "host"}}
	}}
}

func dnfManager() manager {
	install := func(flag string, packages []string) []string {
		return append([]string{"dnf", "install", "-y", "--setopt=install_weak_deps=False", "--setopt=keepcache=True", flag}, packages...)
	}
	return manager{name: "dnf", cache: "/var/cache/dnf", litter: []string{"var/log"}, steps: func(packages []string) []buildStep {
		return []buildStep{{install("--downloadonly", packages), "host"}, {install("--cacheonly", packages), "none"}}
	}}
}

// unknownPackages finds the names in what the package manager said.
func unknownPackages(err error, image string) error {
	var be *BuildError
	if !errors.As(err, &be) {
		return err
	}
	said := regexp.MustCompile(`(?m)(?:Unable to locate package |No match for argument: |has no installation candidate: )(\S+)|^\s*(\S+) \(no such package\)|Package '?([^' ]+)'? has no installation candidate`)
	var names []string
	for _, found := range said.FindAllStringSubmatch(strings.Join(be.Last, "\n"), -1) {
		names = append(names, strings.Join(found[1:], ""))
	}
	if len(names) == 0 {
		return err
	}
	return &PackageError{image, sortedUnique(names)}
}

// proxies are how the caller reaches the network.
func proxies() []string {
	var out []string
	for _, kv := range os.Environ() {
		if key, _, _ := strings.Cut(kv, "="); strings.HasSuffix(strings.ToLower(key), "_proxy") {
			out = append(out, kv)
		}
	}
	return out
}
