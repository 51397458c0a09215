package sandbox

import (
	"slices"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// worn is a specification with something of everything that a pristine run does not have.
func worn() spec.Spec {
	return spec.Spec{
		Name: "p", Project: "/p", Hostname: "mine", Network: "private", SSHAgent: true, Workspace: spec.Workspace{Target: "/p", Mode: "rw"},
		User: spec.User{Mode: spec.UserKeep, Name: "me", UID: 1000, Home: "/home/me"},
		Env:  []string{"A=1", "LANG=de_DE.UTF-8", "LC_TIME=x", "TZ=Europe/Rome", "COLORTERM=x", "https_proxy=x", "HTTP_PROXY=x", "SOURCE_DATE_EPOCH=7"},
		Mounts: []spec.Mount{
			{Type: "volume", Source: "data", Target: "/data"}, {Type: "bind", Source: "/x", Target: "/x"}, {Type: "tmpfs", Target: "/t"},
			{Type: "volume", Source: "pg", Target: "/roots/db/data"},
		},
		Services: []spec.Service{{Name: "db", Root: "/roots/db"}, {Name: "web", DependsOn: []string{"cache"}}, {Name: "cache"}, {Name: "other"}},
	}
}

func TestPristineSpecIsTheSameEverywhere(t *testing.T) {
	s := PristineSpec(worn(), PristineOptions{})
	if s.Hostname != "sandbox" || s.Network != "none" || s.SSHAgent || !s.Ephemeral || s.Workspace.Mode != "overlay" {
		t.Errorf("%+v", s)
	}
	if s.User.Name != "sandbox" || s.User.Home != "/home/sandbox" || s.User.UID != 1000 {
		t.Errorf("user %+v", s.User)
	}
	want := []string{"A=1", "SOURCE_DATE_EPOCH=7", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC"}
	slices.Sort(want)
	got := slices.Sorted(slices.Values(s.Env))
	if !slices.Equal(got, want) {
		t.Errorf("environment %q, want %q", got, want)
	}
	if len(s.Services) != 0 || len(s.Mounts) != 3 {
		t.Errorf("services %v, mounts %v", s.Services, s.Mounts)
	}
	for _, m := range s.Mounts {
		if m.Type == "volume" || m.Type == "bind" && !m.ReadOnly {
			t.Errorf("mount %+v", m)
		}
	}
}

func TestPristineSpecLeavesTheOtherAsItIs(t *testing.T) {
	s := worn()
	PristineSpec(s, PristineOptions{Env: []string{"A=2", "B=3"}, Services: []string{"db"}})
	if want := worn(); !slices.Equal(s.Env, want.Env) || !slices.Equal(s.Mounts, want.Mounts) || len(s.Services) != len(want.Services) {
		t.Errorf("%+v", s)
	}
}

func TestPristineSpecKeepsAProxyWithANetwork(t *testing.T) {
	s := PristineSpec(worn(), PristineOptions{Network: "private"})
	if !slices.Contains(s.Env, "https_proxy=x") || !slices.Contains(s.Env, "HTTP_PROXY=x") {
		t.Errorf("environment %q", s.Env)
	}
}

func TestPristineSpecOfFactors(t *testing.T) {
	s := PristineSpec(worn(), PristineOptions{
		Hostname: "h", UserName: "u", Locale: "tr_TR.UTF-8", TimeZone: "Asia/Kathmandu", Epoch: 1, Env: []string{"TZ=mine"}, Source: "/copy",
	})
	if s.Hostname != "h" || s.User.Name != "u" || s.User.Home != "/home/u" || s.Workspace.Root != "/copy" {
		t.Errorf("%+v", s)
	}
	for _, kv := range []string{"LANG=tr_TR.UTF-8", "LC_ALL=tr_TR.UTF-8", "TZ=mine", "SOURCE_DATE_EPOCH=7"} {
		if !slices.Contains(s.Env, kv) {
			t.Errorf("no %s in %q: what the configuration says counts", kv, s.Env)
		}
	}
}

func TestPristineSpecOfAnImagesUser(t *testing.T) {
	for _, u := range []spec.User{{Mode: spec.UserKeep, Name: "root", Home: "/root"}, {Mode: "node", Name: "node", UID: 1000, Home: "/home/node"}} {
		s := worn()
		s.User = u
		if got := PristineSpec(s, PristineOptions{UserName: "u"}).User; got != u {
			t.Errorf("%+v, want %+v", got, u)
		}
	}
}

func TestServicesWithWhatTheyDependOn(t *testing.T) {
	var names []string
	for _, w := range PristineSpec(worn(), PristineOptions{Services: []string{"web", "web", "missing"}}).Services {
		names = append(names, w.Name)
	}
	if !slices.Equal(names, []string{"web", "cache"}) {
		t.Errorf("services %q", names)
	}
	round := []spec.Service{{Name: "a", DependsOn: []string{"b"}}, {Name: "b", DependsOn: []string{"a"}}}
	if got := servicesFor(round, []string{"a"}); len(got) != 2 {
		t.Errorf("of two that depend on each other %v", got)
	}
}
