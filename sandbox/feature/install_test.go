package feature_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
)

func TestEnvironment(t *testing.T) {
	m, err := feature.Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	env, unknown, err := feature.Environment("x", m, map[string]string{"flag": "false", "9-weird name": "1"})
	want := []string{"_WEIRD_NAME=1", "FLAG=false", "OLD=false", "ONE_OF=a", "VERSION=latest"}
	if err != nil || !slices.Equal(env, want) || !slices.Equal(unknown, []string{"9-weird name"}) {
		t.Errorf("got %q, %q, %v", env, unknown, err)
	}
	for _, given := range []map[string]string{{"flag": "maybe"}, {"one-of": "c"}, {"version": "a\x00"}, {"": "x"}} {
		if _, _, err := feature.Environment("x", m, given); err == nil {
			t.Errorf("%q: taken", given)
		}
	}
}

func TestVariable(t *testing.T) {
	for option, want := range map[string]string{"version": "VERSION", "a-b.c": "A_B_C", "12x": "_X", "__x": "_X", "ü": "_"} {
		if got := feature.Variable(option); got != want {
			t.Errorf("%s: %s", option, got)
		}
	}
}

func TestWithEnv(t *testing.T) {
	got := feature.WithEnv([]string{"PATH=/bin", "X=1"}, []string{
		"PATH=/new:${PATH}", "Y=$X-${NONE:-none}-${X:+set}", `Z=\$X ${X`, "X=2", "W=$X$", "V=${bad name}",
	})
	want := []string{"PATH=/new:/bin", "Y=1-none-set", "Z=$X ${X", "X=2", "W=2$", "V=${bad name}"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestContainerID(t *testing.T) {
	if got := feature.ContainerID(map[string]string{"a": "b"}); got != "1mqafr5h2iu6dhh3k1m4vtnuhml2uiec4s7bntt1v0f25ao63i1n" {
		t.Error(got)
	}
}

func TestMerge(t *testing.T) {
	c := feature.Merge([]feature.Source{
		{"one", feature.Metadata{
			Init: true, CapAdd: []string{"A"}, Mounts: []feature.Mount{{"volume", "x-${devcontainerId}", "/x", false}},
			Entrypoint: "/one ${devcontainerId} ${other}", Hooks: feature.Hooks{PostCreate: feature.Command{Shell: "1"}},
		}},
		{"two", feature.Metadata{
			Privileged: true, CapAdd: []string{"B", "A"}, Mounts: []feature.Mount{{"bind", "/y", "/x", true}},
			SecurityOpt: []string{"seccomp=unconfined"}, Hooks: feature.Hooks{PostCreate: feature.Command{Shell: "2"}},
		}},
	}, map[string]string{"devcontainerId": "id"})
	want := feature.Contribution{
		Init: true, Privileged: []string{"two"}, CapAdd: []feature.Wish{{"A", "one"}, {"B", "two"}},
		SecurityOpt: []feature.Wish{{"seccomp=unconfined", "two"}},
		Mounts:      []feature.Wanted{{feature.Mount{Type: "bind", Source: "/y", Target: "/x", ReadOnly: true}, "two"}},
		Entrypoints: []feature.Task{{feature.Command{Shell: "/one id ${other}"}, "one"}},
		PostCreate:  []feature.Task{{feature.Command{Shell: "1"}, "one"}, {feature.Command{Shell: "2"}, "two"}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestLock(t *testing.T) {
	const reg, url = "ghcr.io/x/y/a:1", "https://h/devcontainer-feature-b.tgz"
	w := world{"ghcr.io/x/y/a": `{"dependsOn": {"` + url + `": {}}}`, url: `{}`, "./c": `{}`}
	nodes, err := feature.Graph(t.Context(), ask("GHCR.io/x/y/A:1", "./c"), w.get)
	if err != nil {
		t.Fatal(err)
	}
	for i := range nodes {
		nodes[i].Digest = "sha256:" + strings.Repeat("0"+string(rune('1'+i)), 32)
	}
	l := feature.LockOf(nodes)
	text, err := l.Bytes()
	if err != nil || !strings.Contains(string(text), `"resolved": "ghcr.io/x/y/a@sha256:0101`) {
		t.Fatalf("%s %v", text, err)
	}
	back, err := feature.ParseLock("f", text)
	if err != nil || !back.Equal(l) || len(back.Features) != 2 {
		t.Errorf("%+v %v", back, err)
	}
	r, _ := feature.ParseReference(reg)
	if back.Digest(r) != nodes[0].Digest || back.Features[reg].DependsOn[0] != url {
		t.Errorf("%+v", back)
	}
	if l, err := feature.ParseLock("f", []byte("\n")); err != nil || len(l.Features) != 0 {
		t.Error("an empty file:", err)
	}
	for _, bad := range []string{"x", "[]", `{"features": []}`, `{"features": {"a": {"integrity": "md5:1"}}}`, `{"features": {"a": 1}}`} {
		if _, err := feature.ParseLock("f", []byte(bad)); err == nil {
			t.Errorf("%s: taken", bad)
		}
	}
	for config, want := range map[string]string{
		"/p/.sandbox.yaml": "/p/devcontainer-lock.json", "/p/.devcontainer.json": "/p/.devcontainer-lock.json",
		"/p/.devcontainer/devcontainer.json": "/p/.devcontainer/devcontainer-lock.json",
	} {
		if got := feature.LockName(config); got != want {
			t.Errorf("%s: %s", config, got)
		}
	}
}
