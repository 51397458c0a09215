package feature_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
)

const whole = `// a comment
{
	"id": "all", "version": "1.2.3", "name": "All of it", "unknown": [1, {}],
	"options": {
		"version": {"type": "string", "default": "latest", "proposals": ["latest", "1"]},
		"flag": {"type": "boolean", "default": true},
		"old": {"type": "boolean", "default": "false"},
		"one-of": {"type": "string", "enum": ["a", "b"], "default": "a"},
	},
	"dependsOn": {"./x": {"n": 1, "b": true}, "./y": "2"},
	"installsAfter": ["ghcr.io/x/y/z"], "legacyIds": ["was"], "deprecated": true,
	"containerEnv": {"PATH": "/x:${PATH}", "A": "$PATH"},
	"privileged": false, "init": true, "capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined"],
	"entrypoint": "/start.sh",
	"mounts": [{"source": "v-${devcontainerId}", "target": "/v", "type": "volume"}, "type=bind,src=/a,dst=/b,readonly"],
	"customizations": {"editor": {"extensions": ["one",]}}, // another
	"onCreateCommand": "echo one", "postCreateCommand": ["echo", "two"],
	"postStartCommand": {"b": "echo b", "a": ["echo", "a"]},
}`

func TestParse(t *testing.T) {
	m, err := feature.Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := feature.Metadata{
		ID: "all", Version: "1.2.3", Name: "All of it",
		Options: []feature.Option{
			{Name: "version", Default: "latest", Proposals: []string{"latest", "1"}},
			{Name: "flag", Boolean: true, Default: "true"},
			{Name: "old", Boolean: true, Default: "false"},
			{Name: "one-of", Default: "a", Enum: []string{"a", "b"}},
		},
		DependsOn: []feature.Asked{
			{ID: "./x", Options: map[string]string{"n": "1", "b": "true"}}, {ID: "./y", Options: map[string]string{"version": "2"}},
		},
		InstallsAfter: []string{"ghcr.io/x/y/z"}, LegacyIDs: []string{"was"}, Deprecated: true,
		ContainerEnv: []string{"PATH=/x:${PATH}", "A=$PATH"}, Init: true,
		CapAdd: []string{"SYS_PTRACE"}, SecurityOpt: []string{"seccomp=unconfined"}, Entrypoint: "/start.sh",
		Mounts: []feature.Mount{
			{Type: "volume", Source: "v-${devcontainerId}", Target: "/v"}, {Type: "bind", Source: "/a", Target: "/b", ReadOnly: true},
		},
		Customizations: []byte(`{"editor":{"extensions":["one"]}}`),
		Hooks: feature.Hooks{
			OnCreate: feature.Command{Shell: "echo one"}, PostCreate: feature.Command{Exec: []string{"echo", "two"}},
			PostStart: feature.Command{Parallel: []feature.Named{
				{Name: "b", Command: feature.Command{Shell: "echo b"}}, {Name: "a", Command: feature.Command{Exec: []string{"echo", "a"}}},
			}},
		},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
}

func TestParseSaysWhere(t *testing.T) {
	const head = `{"id": "a", "version": "1",` + "\n"
	for text, want := range map[string]string{
		``:                          "unexpected EOF",
		`[]`:                        ":1:1: expected an object",
		`{"id": "a"}`:               "version is missing",
		`{"version": "1"}`:          "id is missing",
		"{\n  \"id\": \"a\" \"b\"}": ":2:13: ",
		head + `"options": {"x": {"type": "s"}}}`:                         ":2:27: options.x.type: expected string or boolean",
		head + `"containerEnv": {"A B": "x"}}`:                            ":2:18: containerEnv: ",
		head + `"containerEnv": {"A": 1}}`:                                ":2:23: containerEnv: expected a text",
		head + `"capAdd": "X"}`:                                           ":2:11: capAdd: expected a list",
		head + `"init": "yes"}`:                                           ":2:9: init: expected true or false",
		head + `"mounts": [{"source": "x"}]}`:                             ":2:12: mounts: an absolute target",
		head + `"mounts": ["target=/x"]}`:                                 "has no source",
		head + `"mounts": ["type=npipe,src=a,target=/x"]}`:                "none of bind",
		head + `"onCreateCommand": 1}`:                                    "expected a text or a list",
		head + `"x": "a` + "\\u0000" + `"}`:                               "", // nobody reads it
		head + `"entrypoint": "a\u0000"}`:                                 "NUL",
		`{"id": "../x", "version": "1"}`:                                  "no id",
		strings.Repeat("[", 100):                                          "nested more than",
		`{"a":` + strings.Repeat(`{"a":`, 100):                            "nested more than",
		strings.Repeat(" ", feature.MaxFile+1):                            "larger than",
		head + `"installsAfter": [` + strings.Repeat(`"x",`, 2000) + `]}`: "more than",
	} {
		_, err := feature.Parse([]byte(text))
		var pe *feature.ParseError
		switch {
		case want == "" && err == nil:
		case want == "" || !errors.As(err, &pe) || !strings.Contains(err.Error(), want):
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
}

func TestParseReference(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	for s, want := range map[string]feature.Reference{
		"ghcr.io/a/b/c":              {Name: "ghcr.io/a/b/c", Tag: "latest"},
		"GHCR.io/A/b/C:1.2":          {Name: "ghcr.io/a/b/c", Tag: "1.2"},
		"ghcr.io/a/b/c@" + digest:    {Name: "ghcr.io/a/b/c", Digest: digest},
		"localhost:5000/a/b":         {Name: "localhost:5000/a/b", Tag: "latest"},
		"127.0.0.1:5000/a/b:x":       {Name: "127.0.0.1:5000/a/b", Tag: "x"},
		"node":                       {Name: "ghcr.io/devcontainers/features/node", Tag: "1", Implied: true},
		"node:2":                     {Name: "ghcr.io/devcontainers/features/node", Tag: "2", Implied: true},
		"./a":                        {Kind: feature.Local, Name: "./a"},
		"./x/../a/":                  {Kind: feature.Local, Name: "./a"},
		"../a":                       {Kind: feature.Local, Name: "../a"},
		"./../../a":                  {Kind: feature.Local, Name: "../../a"},
		"https://h/x.tgz":            {Kind: feature.Tarball, Name: "https://h/x.tgz"},
		"http://127.0.0.1:1/f-a.tgz": {Kind: feature.Tarball, Name: "http://127.0.0.1:1/f-a.tgz"},
	} {
		want.Written = s
		if got, err := feature.ParseReference(s); err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "a b", "a\nb", "owner/repo/id", "owner/repo/id@v1", "ghcr.io/a", "ghcr.io/a/b@sha256:12", "ghcr.io/a/b:", "ghcr.io/a/../b",
		"ghcr.io//b/c", "http://example.org/x.tgz", "https://", "https://u:p@h/x", "ftp://h/x", "/abs", "ghcr.io/a/b/c:!", strings.Repeat("x", 2000),
	} {
		var re *feature.ReferenceError
		if r, err := feature.ParseReference(s); !errors.As(err, &re) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %+v, %v", s, r, err)
		}
	}
	if r, _ := feature.ParseReference("https://h/devcontainer-feature-x.tgz"); r.ID() != "x" {
		t.Errorf("id of an archive: %s", r.ID())
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"id":"a","version":"1","mounts":["source=x,target=/y"]}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = feature.Parse(data)
		_, _ = feature.ParseLock("lock", data)
	})
}

func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"ghcr.io/a/b/c:1", "./a", "https://h/x.tgz", "node"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := feature.ParseReference(s); err == nil && (r.Name == "" || r.ID() == "") {
			t.Errorf("%q: %+v", s, r)
		}
	})
}

// FuzzLock: a lock that is taken says the same when it is written and read again.
func FuzzLock(f *testing.F) {
	digest := "sha256:" + strings.Repeat("a", 64)
	f.Add([]byte(`{"features": {"ghcr.io/a/b/c:1": {"version": "1.0.0", "resolved": "ghcr.io/a/b/c@` + digest + `", "integrity": "` + digest + `", "dependsOn": ["x"]}}}`))
	f.Add([]byte(`{"features": {"https://h/x.tgz": {"version": "1", "resolved": "https://h/x.tgz", "integrity": "` + digest + `"}}, /* more */ "other": [1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lock, err := feature.ParseLock("lock", data)
		if err != nil {
			var at *feature.ParseError
			if !errors.As(err, &at) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		text, err := lock.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		again, err := feature.ParseLock("lock", text)
		if err != nil || !again.Equal(lock) {
			t.Errorf("%s\nis read as %+v (%v), not as %+v", text, again, err, lock)
		}
	})
}
