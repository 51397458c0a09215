package devcontainer_test

import (
	"reflect"
	"testing"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// The vector stands in the specification's own tests.
func TestID(t *testing.T) {
	for want, labels := range map[string]map[string]string{
		"1mqafr5h2iu6dhh3k1m4vtnuhml2uiec4s7bntt1v0f25ao63i1n": {"a": "b"},
	} {
		if got := devcontainer.ID(labels); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if a, b := devcontainer.ID(map[string]string{"x": "<&>", "y": "1"}), devcontainer.ID(map[string]string{"y": "1", "x": "<&>"}); a != b || len(a) != 52 {
		t.Errorf("%s %s", a, b)
	}
}

func TestText(t *testing.T) {
	v := devcontainer.Variables{
		LocalEnv: func(_, name, fallback string, has bool) string {
			if name == "SET" {
				return "set"
			}
			return fallback
		},
		LocalFolder: "/home/me/proj", ContainerFolder: "/workspaces/proj/sub", ID: "id",
	}
	for text, want := range map[string]string{
		"plain $HOME $$ {}":                   "plain $HOME $$ {}",
		"${localEnv:SET}":                     "set",
		"${env:SET}":                          "set",
		"a${localEnv:NOT}b":                   "ab",
		"${localEnv:NOT:or}":                  "or",
		"${localEnv:NOT:or:more}":             "or",
		"${localEnv:SET:or}":                  "set",
		"${localWorkspaceFolder}/x":           "/home/me/proj/x",
		"${localWorkspaceFolderBasename}":     "proj",
		"${containerWorkspaceFolder}":         "/workspaces/proj/sub",
		"${containerWorkspaceFolderBasename}": "sub",
		"v-${devcontainerId}":                 "v-id",
		"${containerEnv:PATH}":                "${containerEnv:PATH}",
		"${unknown} ${unknown:x}":             "${unknown} ${unknown:x}",
		"${localEnv}":                         "${localEnv}",
		"${open":                              "${open",
		"${localEnv:${localEnv:SET}}":         "SET}",
	} {
		if got := v.Text(text, "key"); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestContainerText(t *testing.T) {
	env := func(name string) (string, bool) { return "v", name == "A" }
	for text, want := range map[string]string{
		"${containerEnv:A}:/x": "v:/x", "${containerEnv:B}": "", "${containerEnv:B:c:d}": "c", "${containerEnv:A": "${containerEnv:A", "${other}": "${other}",
	} {
		if got := devcontainer.ContainerText(text, env); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// Values are replaced, wherever they stand; keys and what belongs to others are not.
func TestSubstitute(t *testing.T) {
	f := parse(t, `{
		"image": "${localEnv:X:i}", "containerEnv": {"${devcontainerId}": "${devcontainerId}"}, "remoteEnv": {"A": "${devcontainerId}", "B": null},
		"mounts": ["source=v-${devcontainerId},target=/v,type=volume"], "postCreateCommand": {"a": ["x", "${devcontainerId}"]},
		"runArgs": ["--name=${devcontainerId}"], "build": {"args": {"A": "${devcontainerId}"}}, "customizations": {"a": "${devcontainerId}"}
	}`)
	devcontainer.Variables{ID: "id"}.Substitute(f)
	got := []any{f.ContainerEnv["${devcontainerId}"], *f.RemoteEnv["A"], f.Mounts[0].Source, f.PostCreateCommand.Parallel["a"].Exec[1], f.RunArgs[0], f.Build.Args["A"], string(f.Customizations)}
	want := []any{"id", "id", "v-id", "id", "--name=id", "id", `{"a":"${devcontainerId}"}`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestFlags(t *testing.T) {
	flags, loose := devcontainer.Flags([]string{"--cap-add=A", "--cap-add", "B", "-e", "X=1", "-eY=2", "--init", "-v=/a:/b", "--gpus", "all", "loose", "--net=host", "-it", "--", "--last"})
	want := []devcontainer.Flag{
		{"cap-add", "A", 0}, {"cap-add", "B", 1}, {"env", "X=1", 3}, {"env", "Y=2", 5}, {"init", "true", 6}, {"volume", "/a:/b", 7},
		{"gpus", "all", 8}, {"network", "host", 11}, {"interactive", "true", 12}, {"last", "", 14},
	}
	if !reflect.DeepEqual(flags, want) || !reflect.DeepEqual(loose, []string{"loose", "--"}) {
		t.Errorf("got %+v, %v", flags, loose)
	}
}

func TestMerge(t *testing.T) {
	entries, err := devcontainer.ParseMetadata(`[
		{"id": "feature", "init": true, "capAdd": ["A"], "postCreateCommand": "one", "entrypoint": "/e", "mounts": ["source=a,target=/x"], "containerEnv": {"A": "1", "B": "1"},
		 "hostRequirements": {"cpus": 4, "memory": "1gb"}, "customizations": {"a": 1}, "remoteUser": "first", "unheardOf": {"x": 1}},
		{"capAdd": ["B", "A"], "forwardPorts": [1], "postCreateCommand": ["two"], "mounts": [{"type": "volume", "source": "b", "target": "/x"}], "containerEnv": {"B": "2"},
		 "hostRequirements": {"cpus": 2, "memory": "2gb", "gpu": "optional"}, "customizations": {"b": 2}, "remoteUser": "second", "image": 7},
	]`)
	if err != nil {
		t.Fatal(err)
	}
	m := devcontainer.Merge(entries)
	for what, ok := range map[string]bool{
		"truths":       m.Init && !m.Privileged,
		"lists":        reflect.DeepEqual(m.CapAdd, []string{"A", "B"}) && reflect.DeepEqual([]string(m.ForwardPorts), []string{"1"}),
		"commands":     len(m.PostCreate) == 2 && m.PostCreate[0].Shell == "one" && m.PostCreate[1].Exec[0] == "two",
		"entrypoints":  reflect.DeepEqual(m.Entrypoints, []string{"/e"}),
		"mounts":       len(m.Mounts) == 1 && m.Mounts[0].Source == "b",
		"env":          m.ContainerEnv["A"] == "1" && m.ContainerEnv["B"] == "2",
		"requirements": m.HostRequirements.CPUs == 4 && m.HostRequirements.Memory == "2gb" && m.HostRequirements.GPU.Optional,
		"custom":       len(m.AllCustomizations) == 2,
		"last":         m.RemoteUser == "second",
	} {
		if !ok {
			t.Errorf("%s: %+v", what, m)
		}
	}
	if one, err := devcontainer.ParseMetadata(`{"remoteUser": "a"}`); err != nil || len(one) != 1 || one[0].RemoteUser != "a" {
		t.Errorf("an object alone: %v, %v", one, err)
	}
	for _, wrong := range []string{"", "7", `["x"]`, "{"} {
		if _, err := devcontainer.ParseMetadata(wrong); err == nil {
			t.Errorf("%q: no error", wrong)
		}
	}
}
