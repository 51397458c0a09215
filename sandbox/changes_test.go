package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

func TestChangesInWords(t *testing.T) {
	base := func() spec.Spec {
		return spec.Spec{
			Image: spec.Image{Kind: spec.ImageApt, Ref: "apt:bookworm", Name: "apt:bookworm + git", Packages: []string{"git", "make"}},
			User:  spec.User{Mode: spec.UserKeep, Name: "me", Home: "/home/me"},
			IDs:   spec.IDsRange, Hostname: "hello", Workspace: spec.Workspace{Target: "/p", Mode: "rw"}, Network: "none",
			Env:     []string{"A=1", "SANDBOX=1"},
			Mounts:  []spec.Mount{{Type: "tmpfs", Target: "/scratch"}},
			Caches:  []spec.Cache{{Name: "go"}},
			Secrets: []spec.Secret{{Name: "token", File: "/p/token"}},
			Hooks:   spec.Hooks{Create: []spec.Hook{{Name: "create", Args: []string{"a"}}}},
		}
	}
	const nothing, restart, recreate = "nothing", "restart", "recreate"
	for _, c := range []struct {
		want, takes string
		change      func(s *spec.Spec)
	}{
		{"", nothing, func(*spec.Spec) {}},
		{"", nothing, func(s *spec.Spec) { s.Config, s.Image.Registry.CAFile = "x", "/x" }},
		{"packages: +jq -git", recreate, func(s *spec.Spec) { s.Image.Packages, s.Image.Name = []string{"jq", "make"}, "apt:bookworm + jq make" }},
		{"image: apt:bookworm -> apt:trixie", recreate, func(s *spec.Spec) { s.Image.Ref, s.Image.Name = "apt:trixie", "apt:trixie + git make" }},
		{"image", recreate, func(s *spec.Spec) { s.Image.Platform = "linux/arm64" }},
		{"user: keep -> root", recreate, func(s *spec.Spec) { s.User = spec.User{Mode: spec.UserRoot} }},
		{"user: keep -> dev", recreate, func(s *spec.Spec) { s.User = spec.User{Mode: spec.UserName, Asked: "dev"} }},
		{"user", recreate, func(s *spec.Spec) { s.User.Home = "/elsewhere" }},
		{"shell: none -> /bin/zsh", nothing, func(s *spec.Spec) { s.User.Shell = "/bin/zsh" }},
		{"ids: range -> single", recreate, func(s *spec.Spec) { s.IDs = spec.IDsSingle }},
		{"name: hello -> other", restart, func(s *spec.Spec) { s.Hostname = "other" }},
		{"workspace: rw -> overlay", restart, func(s *spec.Spec) { s.Workspace.Mode = "overlay" }},
		{"workspace: /p -> /q", restart, func(s *spec.Spec) { s.Workspace.Target = "/q" }},
		{"mounts: +/x", restart, func(s *spec.Spec) { s.Mounts = append(s.Mounts, spec.Mount{Type: "tmpfs", Target: "/x"}) }},
		{"mounts", restart, func(s *spec.Spec) { s.Mounts = []spec.Mount{{Type: "tmpfs", Target: "/scratch", Size: 1}} }},
		{"network: none -> host", restart, func(s *spec.Spec) { s.Network = "host" }},
		{"limits: pids 0 -> 5, nofile 0 -> 6", restart, func(s *spec.Spec) { s.Limits.PIDs, s.Limits.NoFile = 5, 6 }},
		{"caches: +npm -go", restart, func(s *spec.Spec) { s.Caches = []spec.Cache{{Name: "npm"}} }},
		{"caches", restart, func(s *spec.Spec) { s.Caches[0].Project = true }},
		{"secrets", restart, func(s *spec.Spec) { s.Secrets = []spec.Secret{{Name: "token", Env: "X"}} }},
		{"secrets: -token", restart, func(s *spec.Spec) { s.Secrets = nil }},
		{"dotfiles", restart, func(s *spec.Spec) { s.Dotfiles = &spec.Dotfiles{Path: "/d"} }},
		{"env: A +TOKEN", nothing, func(s *spec.Spec) { s.Env = []string{"A=2", "SANDBOX=1", "TOKEN=x"} }},
		// A variable that moves a cache takes a mount elsewhere.
		{"env: +GOMODCACHE; caches", restart, func(s *spec.Spec) { s.Env = append(s.Env, "GOMODCACHE=/elsewhere") }},
		{"hooks.create", nothing, func(s *spec.Spec) { s.Hooks.Create = nil }},
		{"hooks.attach", nothing, func(s *spec.Spec) { s.Hooks.Attach = []spec.Hook{{Name: "attach"}} }},
	} {
		s := base()
		c.change(&s)
		all := changes(base(), s)
		var words []string
		for _, one := range all {
			words = append(words, one.String())
		}
		takes := nothing
		switch {
		case slices.ContainsFunc(all, needsRecreate):
			takes = recreate
		case slices.ContainsFunc(all, needsRestart):
			takes = restart
		}
		if got := strings.Join(words, "; "); got != c.want || takes != c.takes {
			t.Errorf("got %q, which takes %s; want %q, which takes %s", got, takes, c.want, c.takes)
		}
	}
}

// What a state keeps is what was planned: nothing changed when it is read again.
func TestChangesOfADevcontainerKept(t *testing.T) {
	planned := spec.Spec{
		Dev:      &spec.Dev{RemoteEnv: map[string]*string{}, Probe: spec.ProbeNone},
		Services: []spec.Service{{Name: "db", Image: &spec.Image{Ref: "a", AptLogin: "b", Registry: spec.Registry{Mirrors: []spec.Mirror{{Prefix: "x"}}}}}},
	}
	text, err := json.Marshal(planned)
	if err != nil {
		t.Fatal(err)
	}
	var kept spec.Spec
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	if all := changes(kept, planned); len(all) > 0 {
		t.Errorf("changed: %v", all)
	}
}

// What leads to the proxy is no change of its own; what the user says of it is.
func TestChangesOfTheProxysVariables(t *testing.T) {
	var env []string
	for name, value := range maps.All(proxyVariables()) {
		env = append(env, name+"="+value)
	}
	old, want := spec.Spec{Network: spec.NetworkPrivate}, spec.Spec{Network: spec.NetworkFiltered, Env: env}
	if got := changes(old, want); len(got) != 1 || got[0].Part != "network" {
		t.Errorf("%q", got)
	}
	want.Env = append(want.Env, "http_proxy=other")
	if got := changes(old, want); len(got) != 2 || got[1].How != "+http_proxy" {
		t.Errorf("%q", got)
	}
}
