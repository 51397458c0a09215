package cache

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestTheTableHasWhatTheConfigurationTakes(t *testing.T) {
	var names []string
	for _, x := range tools() {
		names = append(names, x.Name)
		if x.Source == "" || len(x.Places) == 0 {
			t.Errorf("%s: incomplete", x.Name)
		}
		parts := map[string]bool{}
		for _, p := range x.Places {
			if parts[p.Part] || p.Part == "" || p.Sub != "" && path.Base(p.Path) != p.Sub || p.Tell && p.Sub != "" {
				t.Errorf("%s: %+v", x.Name, p)
			}
			parts[p.Part] = true
		}
	}
	if !slices.Equal(names, config.CacheNames()) {
		t.Errorf("got %v, want %v", names, config.CacheNames())
	}
	if _, ok := Find("no"); ok {
		t.Error("a tool that is none is found")
	}
}

func TestPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		tool, home, env, targets, set string
		uid                           int
	}{
		"default":             {tool: "go", home: "/home/me", uid: 7, targets: "/home/me/go/pkg/mod /home/me/.cache/go-build", set: "GOMODCACHE=/home/me/go/pkg/mod GOCACHE=/home/me/.cache/go-build"},
		"moved":               {tool: "go", home: "/h", env: "GOCACHE=/c/../d GOMODCACHE=off", targets: "/h/go/pkg/mod /d", set: "GOMODCACHE=/h/go/pkg/mod"},
		"the last word":       {tool: "pip", home: "/h", env: "PIP_CACHE_DIR=/a PIP_CACHE_DIR=/b", targets: "/b"},
		"below what is moved": {tool: "cargo", home: "/h", env: "CARGO_HOME=/usr/local/cargo", targets: "/usr/local/cargo/registry /usr/local/cargo/git /usr/local/cargo/.package-cache"},
		"root":                {tool: "yarn", home: "/root", uid: 0, targets: "/usr/local/share/.cache/yarn /root/.yarn/berry/cache"},
		"of the system":       {tool: "apt", home: "/h", uid: 7, targets: "/var/cache/apt/archives"},
		"told more":           {tool: "uv", home: "/h", targets: "/h/.cache/uv", set: "UV_CACHE_DIR=/h/.cache/uv UV_LINK_MODE=copy"},
		"told already":        {tool: "uv", home: "/h", env: "UV_LINK_MODE=", targets: "/h/.cache/uv", set: "UV_CACHE_DIR=/h/.cache/uv"},
		"told the home":       {tool: "pnpm", home: "/h", targets: "/h/.local/share/pnpm/store", set: "npm_config_store_dir=/h/.local/share/pnpm/store pnpm_config_store_dir=/h/.local/share/pnpm/store"},
	} {
		t.Run(name, func(t *testing.T) {
			tool, _ := Find(c.tool)
			mounts, set := tool.In(c.home, c.uid, strings.Fields(c.env))
			var targets []string
			for _, m := range mounts {
				targets = append(targets, m.Target)
			}
			if got := strings.Join(targets, " "); got != c.targets {
				t.Errorf("got %s, want %s", got, c.targets)
			}
			if got := strings.Join(set, " "); got != c.set {
				t.Errorf("set %s, want %s", got, c.set)
			}
		})
	}
}
