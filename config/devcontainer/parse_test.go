package devcontainer_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config/devcontainer"
)

// parse fails the test when the file is not usable.
func parse(t *testing.T, text string) *devcontainer.File {
	t.Helper()
	f, problems := devcontainer.Parse([]byte(text))
	for _, p := range problems {
		if !p.Warning {
			t.Fatalf("%s: %+v", text, p)
		}
	}
	return f
}

func TestJSONWithComments(t *testing.T) {
	for name, text := range map[string]string{
		"plain":           `{"image": "a", "forwardPorts": [1]}`,
		"trailing commas": `{"image": "a", "forwardPorts": [1,],}`,
		"comments":        "// one\n{/* two */\"image\": \"a\", // three\n\"forwardPorts\": [1 /* } */]}\n// end",
		"byte order mark": "\ufeff{\"image\": \"a\", \"forwardPorts\": [1]}",
		"carriage return": "{\r\n\"image\": \"a\",\r\n\"forwardPorts\": [1]\r\n}",
		"escapes":         `{"im\u0061ge": "\u0061", "forwardPorts": [1]}`,
		"a schema":        `{"$schema": "https://example.org/s.json", "image": "a", "forwardPorts": [1]}`,
		"twice":           `{"image": "b", "image": "a", "forwardPorts": [1]}`,
		"null":            `{"image": "a", "forwardPorts": [1], "remoteUser": null}`,
	} {
		f := parse(t, text)
		if f.Image != "a" || !reflect.DeepEqual(f.ForwardPorts, devcontainer.Ports{"1"}) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestEveryProperty(t *testing.T) {
	f := parse(t, `{
		"name": "n", "image": "i", "build": {"dockerfile": "D", "context": "..", "target": "t", "args": {"A": "b"}, "cacheFrom": "c", "options": ["--x"]},
		"features": {"a:1": {"x": true, "y": "z"}, "b": "2", "c": {}},
		"onCreateCommand": "one", "updateContentCommand": ["two", "2"], "postCreateCommand": {"a": "x", "b": ["y"]}, "postStartCommand": "",
		"waitFor": "postCreateCommand", "remoteUser": "me", "containerEnv": {"A": "1"}, "remoteEnv": {"B": null, "C": "c"},
		"mounts": ["source=v,target=/v,type=volume", {"type": "bind", "source": "/a", "target": "/b"}],
		"init": true, "overrideCommand": false, "forwardPorts": [80, "db:5432"], "appPort": "8080:80",
		"portsAttributes": {"80": {"label": "web", "onAutoForward": "silent"}},
		"hostRequirements": {"cpus": 2, "memory": "8gb", "gpu": "optional"}, "secrets": {"T": {"description": "d"}},
		"customizations": {"a": /* gone */ {"b": [1,]}}
	}`)
	b := f.RemoteEnv["B"]
	c := *f.RemoteEnv["C"]
	for what, ok := range map[string]bool{
		"build":    f.Build.Dockerfile == "D" && f.Build.Args["A"] == "b" && f.Build.CacheFrom[0] == "c",
		"features": f.Features["a:1"]["x"] == "true" && f.Features["b"]["version"] == "2" && len(f.Features["c"]) == 0,
		"commands": f.OnCreateCommand.Shell == "one" && f.UpdateContentCommand.Exec[1] == "2" && f.PostCreateCommand.Parallel["b"].Exec[0] == "y" && f.PostStartCommand.IsZero(),
		"env":      f.ContainerEnv["A"] == "1" && b == nil && c == "c",
		"mounts":   f.Mounts[0].Source == "v" && f.Mounts[0].Type == "volume" && f.Mounts[1].Target == "/b",
		"has":      f.Has("overrideCommand") && !f.OverrideCommand && !f.Has("privileged") && f.Init,
		"ports":    f.ForwardPorts[1] == "db:5432" && f.AppPort[0] == "8080:80" && f.PortsAttributes["80"].Label == "web",
		"host":     f.HostRequirements.CPUs == 2 && f.HostRequirements.GPU.Optional && f.HostRequirements.GPU.Wanted,
		"custom":   string(f.Customizations) == `{"a":{"b":[1]}}`,
		"position": f.At["containerEnv.A"] == devcontainer.Position{Line: 5, Column: 77},
	} {
		if !ok {
			t.Errorf("%s: %+v", what, f)
		}
	}
}

func TestProblems(t *testing.T) {
	deep := strings.Repeat("[", 100)
	for text, want := range map[string]string{
		"":                                           `1:1: the file is empty: it needs at least {}`,
		"// only this":                               `2:1: not valid JSON: `,
		`[]`:                                         `1:1: expected an object, { ... }, found a list`,
		"{\n  \"image\": \"a\" \"b\"}":               `2:16: not valid JSON: `,
		"{\n  \"image\": \"ü\", x}":                  `2:17: not valid JSON: `,
		`{"image": 1}`:                               `1:11: image: expected text, found the number 1`,
		`{"image": "a` + "\xff" + `"}`:               `1:13: not UTF-8 text`,
		`{"image": "a\u0000"}`:                       `1:11: image: holds a NUL character`,
		`{"x": ` + deep + `}`:                        `1:70: nested more than 64 levels deep`,
		`{"init": "yes"}`:                            `1:10: init: expected true or false, found the text "yes"`,
		`{"containerEnv": {"A": 1}}`:                 `1:24: containerEnv.A: expected text, found the number 1`,
		`{"containerEnv": []}`:                       `1:18: containerEnv: expected an object, found a list`,
		`{"mounts": ["nonsense"]}`:                   `1:13: mounts[0]: "nonsense" is nothing that a mount has, in "nonsense"`,
		`{"mounts": ["type=bind"]}`:                  `1:13: mounts[0]: "type=bind" has no target`,
		`{"mounts": [{"source": "a"}]}`:              `1:13: mounts[0]: has no target`,
		`{"mounts": ["type=npipe,target=/a"]}`:       `1:13: mounts[0]: mounts of type "npipe" are not known: bind, volume or tmpfs`,
		`{"waitFor": "postCreate"}`:                  `1:13: waitFor: "postCreate" is none of initializeCommand, onCreateCommand, updateContentCommand, postCreateCommand, postStartCommand`,
		`{"userEnvProbe": "loginShel"}`:              `1:18: userEnvProbe: "loginShel" is none of none, loginShell, loginInteractiveShell, interactiveShell: the nearest is loginShell`,
		`{"forwardPorts": [70000]}`:                  `1:19: forwardPorts[0]: 70000 is no port: 1 to 65535`,
		`{"forwardPorts": 1.5}`:                      `1:18: forwardPorts: expected a port, a number or a text, found the number 1.5`,
		`{"postCreateCommand": 7}`:                   `1:23: postCreateCommand: expected a text, a list of texts or an object, found the number 7`,
		`{"postCreateCommand": {"a": {}}}`:           `1:29: postCreateCommand.a: expected a text or a list of texts, found an object`,
		`{"hostRequirements": {"memory": "8"}}`:      ``,
		`{"hostRequirements": {"memory": "8g"}}`:     `1:33: hostRequirements.memory: "8g" is no size: a number with kb, mb, gb or tb, such as 8gb`,
		`{"remoteUsers": "a"}`:                       `1:2: warning: remoteUsers: no property of the format: it does nothing: the nearest is remoteUser`,
		`{"portsAttributes": {"1": {"lable": "a"}}}`: `1:28: warning: portsAttributes.1.lable: no property of the format: it does nothing: the nearest is label`,
		`{"image": "a", "image": "b"}`:               `1:2: warning: image: is here twice: the last one counts`,
		`{"image": null}`:                            `1:2: warning: image: has no value: it is left out`,
	} {
		_, problems := devcontainer.Parse([]byte(text))
		var got string
		for _, p := range problems {
			got += fmt.Sprintf("%d:%d: ", p.Line, p.Column)
			if p.Warning {
				got += "warning: "
			}
			got += p.Message
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
	if _, problems := devcontainer.Parse(make([]byte, 1<<20+1)); len(problems) != 1 || !strings.Contains(problems[0].Message, "larger than 1 MiB") {
		t.Errorf("got %v", problems)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"image": "a"}`, `{"mounts": ["type=bind,source=/a,target=/b"]}`, `{"postCreateCommand": {"a": ["b"]}, "remoteEnv": {"A": null}}`, "{//\n}", `{"features": {"a": {"b": 1}}}`, `{"runArgs": ["--cap-add", "A", "-e", "X=${localEnv:HOME}"]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := devcontainer.Parse(data)
		for _, p := range problems {
			if p.Line < 0 || p.Message == "" {
				t.Fatalf("%+v", p)
			}
		}
		devcontainer.Variables{LocalFolder: "/p", ContainerFolder: "/w", ID: "id"}.Substitute(file)
		devcontainer.Flags(file.RunArgs)
		if entries, err := devcontainer.ParseMetadata(string(data)); err == nil {
			devcontainer.Merge(entries)
		}
	})
}
