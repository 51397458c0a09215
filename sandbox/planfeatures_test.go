package sandbox

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/feature"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// planned lays features under a specification.
func planned(t *testing.T, s spec.Spec, texts ...string) (spec.Spec, []spec.Degradation, error) {
	t.Helper()
	l := &config.Loaded{Project: config.Project{Dir: "/p"}, Config: config.Config{Features: map[string]config.FeatureOptions{"./a": {}}}}
	var f Features
	for i, text := range texts {
		m, err := feature.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := feature.ParseReference("./" + m.ID)
		if err != nil {
			t.Fatal(err)
		}
		f.Nodes = append(f.Nodes, feature.Node{Reference: r, Metadata: m, Digest: string(rune('0' + i))})
	}
	d, err := planFeatures(&s, l, Request{Features: &f})
	return s, d, err
}

func aptSpec() spec.Spec { return spec.Spec{Image: spec.Image{Kind: spec.ImageApt, Ref: "apt:trixie"}} }

func TestPlanFeatures(t *testing.T) {
	s := aptSpec()
	s.Mounts = []spec.Mount{{Type: "tmpfs", Target: "/mine"}}
	s.Security.CapAdd = []string{"CAP_NET_ADMIN"}
	s.Hooks.Create = []spec.Hook{{Name: "create", Args: []string{"mine"}}}
	got, degraded, err := planned(t, s,
		`{"id": "a", "version": "1", "options": {"x": {"type": "string", "default": "y"}}, "containerEnv": {"A": "b"}, "init": true,
		  "mounts": ["type=volume,source=v,target=/v", "type=volume,source=w,target=/mine"], "capAdd": ["sys_ptrace"], "entrypoint": "/e",
		  "securityOpt": ["seccomp=unconfined", "label=disable", "no-new-privileges:true", "odd=1"], "customizations": {"z": [1]},
		  "onCreateCommand": "one", "postCreateCommand": {"p": "two", "q": ["three"]}, "postStartCommand": "start"}`,
		`{"id": "b", "version": "2", "onCreateCommand": ["four"], "updateContentCommand": "update", "postAttachCommand": "attach"}`)
	if err != nil {
		t.Fatal(err)
	}
	sh := func(text string) []string { return []string{"/bin/sh", "-c", text} }
	want := spec.Hooks{
		Entry: []spec.Hook{{Name: "entrypoint@./a", Args: append(sh(entryScript), "sh", "/e"), Root: true}},
		Create: []spec.Hook{
			{Name: "create@./a", Args: sh("one"), Stage: stageFeature}, {Name: "create@./b", Args: []string{"four"}, Stage: stageFeature + 1},
			{Name: "create-post@./a.p", Args: sh("two"), Stage: stageFeature + 2}, {Name: "create-post@./a.q", Args: []string{"three"}, Stage: stageFeature + 2},
			{Name: "create", Args: []string{"mine"}},
		},
		Update: []spec.Hook{{Name: "update@./b", Args: sh("update"), Stage: stageFeature}},
		Start:  []spec.Hook{{Name: "start@./a", Args: sh("start"), Stage: stageFeature}},
		Attach: []spec.Hook{{Name: "attach@./b", Args: sh("attach"), Stage: stageFeature}},
	}
	if !reflect.DeepEqual(got.Hooks, want) {
		t.Errorf("hooks: got\n%+v\nwant\n%+v", got.Hooks, want)
	}
	if m := []spec.Mount{{Type: "volume", Source: "v", Target: "/v"}, {Type: "tmpfs", Target: "/mine"}}; !reflect.DeepEqual(got.Mounts, m) {
		t.Errorf("mounts: %+v", got.Mounts)
	}
	rights := spec.Security{CapAdd: []string{"CAP_NET_ADMIN", "CAP_SYS_PTRACE"}, Unfiltered: true, NoNewPrivs: true}
	if !reflect.DeepEqual(got.Security, rights) {
		t.Errorf("security: %+v", got.Security)
	}
	if len(degraded) != 1 || !strings.Contains(degraded[0].Why, "odd=1 is not done") {
		t.Errorf("degraded: %+v", degraded)
	}
	f := got.Image.Features
	if len(f) != 2 || !slices.Equal(f[0].Options, []string{"X=y"}) || !slices.Equal(f[0].Env, []string{"A=b"}) || f[0].Customizations["z"] == nil {
		t.Errorf("installed: %+v", f)
	}
}

func TestPlanFeaturesRefuses(t *testing.T) {
	for name, c := range map[string]struct{ more, says string }{
		"privileged":           {`"privileged": true`, "wants to be privileged"},
		"a capability of none": {`"capAdd": ["FLY"]`, "FLY is no capability"},
		"all of them":          {`"capAdd": ["ALL"]`, "ALL is no capability"},
		"a relative bind":      {`"mounts": ["source=x,target=/x"]`, "no absolute path"},
		"a variable of nobody": {`"mounts": ["source=${localEnv:HOME},target=/x"]`, "a variable in it is not known"},
		"a place of ours":      {`"mounts": ["type=tmpfs,target=/proc/x"]`, "belongs to the sandbox itself"},
		"a place of ours, hid": {`"mounts": ["type=tmpfs,target=/a/../proc"]`, "belongs to the sandbox itself"},
	} {
		_, _, err := planned(t, aptSpec(), `{"id": "a", "version": "1", `+c.more+`}`)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "./a") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := aptSpec()
	s.Image.Kind, s.Image.Ref = spec.ImageHost, "host"
	var host *FeaturesError
	if _, _, err := planned(t, s, `{"id": "a", "version": "1"}`); !errors.As(err, &host) {
		t.Errorf("on host: %v", err)
	}
	s = aptSpec()
	s.Security.Nested = true
	if _, d, err := planned(t, s, `{"id": "a", "version": "1", "privileged": true}`); err != nil || len(d) != 1 {
		t.Errorf("nested: %v %v", d, err)
	}
	l := &config.Loaded{Config: config.Config{Features: map[string]config.FeatureOptions{"./a": {}}}}
	s = aptSpec()
	if _, err := planFeatures(&s, l, Request{}); err == nil {
		t.Error("features that nobody looked for are left out")
	}
}

// Two features are the same layer only when all that decides it is the same.
func TestFeatureLayer(t *testing.T) {
	e, err := Open(Options{DataDir: t.TempDir(), RuntimeDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	f := spec.Feature{ID: "./a", Digest: "d", Options: []string{"A=b"}, Env: []string{"C=d"}}
	u := spec.User{Name: "me", UID: 1000, GID: 1000, Home: "/home/me"}
	seen := map[string]string{}
	add := func(what string, base []string, f spec.Feature, u spec.User) {
		name, err := e.featureLayer(base, f, u, false)
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[name]; twice {
			t.Errorf("%s is %s", what, other)
		}
		seen[name] = what
	}
	add("one", []string{"x"}, f, u)
	add("another base", []string{"y"}, f, u)
	add("two layers below", []string{"x", "y"}, f, u)
	other := f
	other.Digest = "e"
	add("another content", []string{"x"}, other, u)
	other = f
	other.Options = []string{"A=c"}
	add("another option", []string{"x"}, other, u)
	other = f
	other.Env = nil
	add("no variable", []string{"x"}, other, u)
	them := u
	them.Name = "them"
	add("another user", []string{"x"}, f, them)
	same := f
	same.ID, same.Version = "ghcr.io/a/b/c", "7"
	name, err := e.featureLayer([]string{"x"}, same, u, false)
	if err != nil || seen[name] != "one" {
		t.Errorf("another name of the same: %s %v", seen[name], err)
	}
	if again, err := e.featureLayer([]string{"x"}, f, u, true); err != nil || seen[again] != "" {
		t.Errorf("made anew: %s %v", seen[again], err)
	}
}
