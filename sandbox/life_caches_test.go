package sandbox_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func withCaches(s spec.Spec, names ...string) spec.Spec {
	for _, name := range names {
		s.Caches = append(s.Caches, spec.Cache{Name: name})
	}
	return s
}

func TestCachesAreSharedByProjects(t *testing.T) {
	f := newEngine(t)
	other := newEngineAt(t, f.data, f.runtime, filepath.Join(filepath.Dir(f.project), "other"))
	f.up(withCaches(f.spec(), "go", "cargo"))
	f.sh(`echo x > "$GOMODCACHE/file" && [ "$GOMODCACHE" = ~/go/pkg/mod ] && echo y > ~/.cache/go-build/file && echo c > ~/.cargo/registry/file && echo own > ~/.cargo/credentials`)
	got := other.good(other.run(withCaches(other.spec(), "go", "cargo"), shell("cat ~/go/pkg/mod/file ~/.cache/go-build/file ~/.cargo/registry/file; ls -A ~/.cargo; ls -A ~")))
	if want := "x\ny\nc\n.package-cache\ngit\nregistry"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q", got)
	}
	f.sh("flock -n ~/.cargo/.package-cache sleep 60 > /dev/null 2>&1 & sleep 0.2")
	if a := other.run(withCaches(other.spec(), "cargo"), shell("flock -n ~/.cargo/.package-cache true")); a.exit.Code != 1 {
		t.Errorf("the lock is not shared: %+v", a)
	}
	list, err := f.Caches(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "cargo" || list[1].Size != 4 || !slices.Equal(list[1].UsedBy, []string{f.spec().Name}) || list[1].Used.IsZero() {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestCachesAreMovedByVariables(t *testing.T) {
	f := newEngine(t)
	s := withCaches(f.spec(), "pip", "cargo")
	s.Env = append(s.Env, "PIP_CACHE_DIR=/var/pip", "CARGO_HOME=/mnt/cargo")
	if got := f.good(f.run(s, shell("echo x > /var/pip/x; echo $PIP_CACHE_DIR; ls /mnt/cargo"))); got != "/var/pip\ngit\nregistry" {
		t.Errorf("got %q", got)
	}
	s.Env = append(s.Env, "PIP_CACHE_DIR=/proc/x")
	var te *sandbox.TargetError
	if a := f.run(s, shell("true")); !errors.As(a.err, &te) {
		t.Errorf("over the kernel's: got %v", a.err)
	}
	s.Caches = []spec.Cache{{Name: "no"}}
	var ue *sandbox.UnknownCacheError
	if a := f.run(s, shell("true")); !errors.As(a.err, &ue) {
		t.Errorf("unknown: got %v", a.err)
	}
}

// Neither user nor mapping makes files that another sandbox's user cannot handle.
func TestCachesOfOtherIDsAreApart(t *testing.T) {
	f := newEngine(t)
	s := withCaches(onRootfs(f.spec(), newRootfs(t)), "npm")
	cache := s.User.Home + "/.npm/x"
	f.results(f.run(s, asRoot(probing(t, "write", "x", cache))))
	s.User = spec.User{Mode: spec.UserRoot, Name: "root", Home: "/root"}
	if got := f.results(f.run(s, probing(t, "write", "y", "/root/.npm/x"))); got["/root/.npm/x"] != "ok" {
		t.Errorf("got %v", got)
	}
	list, err := f.Caches(t.Context())
	want := 2
	if s.IDs == spec.IDsSingle || host(t).UID == 0 {
		want = 1
	}
	if err != nil || len(list) != want {
		t.Errorf("got %+v, %v", list, err)
	}
	if gone, err := f.PruneCaches(t.Context(), nil, true); err != nil || len(gone) != want {
		t.Errorf("dry run: %v, %v", gone, err)
	}
	if gone, err := f.PruneCaches(t.Context(), []string{"npm"}, false); err != nil || len(gone) != want {
		t.Errorf("got %v, %v", gone, err)
	}
	if left := names(t, filepath.Join(f.data, "caches")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCacheScope(t *testing.T) {
	f := newEngine(t)
	other := newEngineAt(t, f.data, f.runtime, filepath.Join(filepath.Dir(f.project), "other"))
	own := func(s spec.Spec) spec.Spec {
		s.Caches = []spec.Cache{{Name: "npm", Project: true}}
		return s
	}
	f.good(f.run(own(f.spec()), shell("echo poison > ~/.npm/x")))
	for name, a := range map[string]answer{
		"another project":         other.run(own(other.spec()), shell("ls ~/.npm")),
		"what the projects share": other.run(withCaches(other.spec(), "npm"), shell("ls ~/.npm")),
	} {
		if got := f.good(a); got != "" {
			t.Errorf("%s has %q", name, got)
		}
	}
	if got := f.good(f.run(own(f.spec()), shell("cat ~/.npm/x"))); got != "poison" {
		t.Errorf("the project itself has %q", got)
	}
	list, err := f.Caches(t.Context())
	if err != nil || len(list) != 3 || list[0].Project != "" || list[1].Project == list[2].Project {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestCacheOfARunningSandboxIsNotPruned(t *testing.T) {
	f := newEngine(t)
	f.up(withCaches(f.spec(), "npm"))
	f.good(f.run(withCaches(f.spec(), "pip"), shell("echo > ~/.cache/pip/x")))
	var busy *sandbox.CacheInUseError
	if gone, err := f.PruneCaches(t.Context(), []string{"npm", "pip"}, false); !errors.As(err, &busy) || busy.Name != "npm" || len(gone) != 1 {
		t.Errorf("got %v, %v", gone, err)
	}
	if gone, err := f.PruneCaches(t.Context(), nil, false); err != nil || len(gone) != 0 {
		t.Errorf("got %v, %v", gone, err)
	}
	if _, err := f.PruneCaches(t.Context(), []string{"nmp"}, false); err == nil || !strings.Contains(err.Error(), "npm") {
		t.Errorf("got %v", err)
	}
	f.down()
	if gone, err := f.PruneCaches(t.Context(), nil, false); err != nil || len(gone) != 1 {
		t.Errorf("stopped: got %v, %v", gone, err)
	}
	f.up(withCaches(f.spec(), "npm")) // made anew
	f.sh("echo > ~/.npm/x")
}
