package config_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// loaded reads the files of a tree: p/ is the project, h/ the home, u.yaml the
// user's own settings.
func loaded(t *testing.T, top string, environ []string, flags map[string]string) (*config.Loaded, error) {
	t.Helper()
	home := filepath.Join(top, "h")
	p, err := config.Find(filepath.Join(top, "p"), home)
	if err != nil {
		t.Fatal(err)
	}
	return config.Load(config.LoadOptions{
		Project: p, UserFile: filepath.Join(top, "u.yaml"), Environ: append(environ, "HOME="+home), Flags: flags,
	})
}

func TestDefaults(t *testing.T) {
	top := tree(t, map[string]string{"p/": ""})
	l, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Version: 1, Name: "p", Image: "host", User: "keep",
		Workspace: config.Workspace{Target: "same", Mode: "rw"}, Network: config.Network{Mode: "private", Driver: "auto", AutoForward: true},
	}
	if !reflect.DeepEqual(l.Config, want) {
		t.Errorf("got  %+v\nwant %+v", l.Config, want)
	}
	for key, o := range l.Origins {
		if o != (config.Origin{Layer: "default"}) {
			t.Errorf("%s: %v", key, o)
		}
	}
}

// Each layer sets one thing that the weaker ones set too.
func TestPrecedence(t *testing.T) {
	top := tree(t, map[string]string{
		"u.yaml":                "version: 1\nname: user\nuser: user\nshell: /user\nnetwork: {mode: host}\nlimits: {pids: 1}\n",
		"p/.sandbox.yaml":       "version: 1\nuser: project\nshell: /project\nnetwork: {mode: host}\nlimits: {pids: 2}\n",
		"p/.sandbox.local.yaml": "version: 1\nshell: /local\nnetwork: {mode: host}\nlimits: {pids: 3}\n",
	})
	l, err := loaded(t, top, []string{"SANDBOX_NETWORK_MODE=none", "SANDBOX_LIMITS_PIDS=4"}, map[string]string{"limits.pids": "5"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]struct {
		value any
		from  config.Origin
	}{
		"image":        {"host", config.Origin{Layer: "default"}},
		"name":         {"user", config.Origin{Layer: "user", File: top + "/u.yaml", Line: 2, Column: 7}},
		"user":         {"project", config.Origin{Layer: "project", File: top + "/p/.sandbox.yaml", Line: 2, Column: 7}},
		"shell":        {"/local", config.Origin{Layer: "local", File: top + "/p/.sandbox.local.yaml", Line: 2, Column: 8}},
		"network.mode": {"none", config.Origin{Layer: "env", Name: "SANDBOX_NETWORK_MODE"}},
		"limits.pids":  {5, config.Origin{Layer: "flag", Name: "--limits-pids"}},
	} {
		if got := value(l, key); got != want.value || l.Origins[key] != want.from {
			t.Errorf("%s: got %v from %+v\nwant %v from %+v", key, got, l.Origins[key], want.value, want.from)
		}
	}
}

func value(l *config.Loaded, key string) any {
	for _, e := range l.Entries() {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}

func TestMerge(t *testing.T) {
	top := tree(t, map[string]string{
		"p/.sandbox.yaml": `version: 1
env: {NODE_ENV: dev, node_env: small, PORT: 8080}
env_file: [a, b]
mounts:
  - {type: tmpfs, target: /a}
  - {type: tmpfs, target: /b}
hooks: {create: make, start: {x: [a, b]}}
`,
		"p/.sandbox.local.yaml": `version: 1
env: {NODE_ENV: test, DEBUG: true}
env_file: []
mounts: [{source: ., target: ~/c}]
hooks: {create: [a]}
`,
	})
	l, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"NODE_ENV": "test", "node_env": "small", "PORT": "8080", "DEBUG": "true"}; !maps.Equal(l.Config.Env, want) {
		t.Errorf("env: %v", l.Config.Env)
	}
	if want := []config.Mount{{Type: "bind", Source: ".", Target: "~/c"}}; !reflect.DeepEqual(l.Config.Mounts, want) {
		t.Errorf("mounts: %+v", l.Config.Mounts)
	}
	if len(l.Config.EnvFile) != 0 {
		t.Errorf("env_file: %v", l.Config.EnvFile)
	}
	want := config.Hooks{Create: config.Hook{Exec: []string{"a"}}, Start: config.Hook{Parallel: map[string]config.Hook{"x": {Exec: []string{"a", "b"}}}}}
	if !reflect.DeepEqual(l.Config.Hooks, want) {
		t.Errorf("hooks: %+v", l.Config.Hooks)
	}
	for key, want := range map[string]string{
		"env.NODE_ENV": "/p/.sandbox.local.yaml:2", "env.PORT": "/p/.sandbox.yaml:2", "mounts[0]": "/p/.sandbox.local.yaml:4",
		"hooks.create": "/p/.sandbox.local.yaml:5", "hooks.start": "/p/.sandbox.yaml:7",
	} {
		if got := l.Origins[key].String(); got != top+want {
			t.Errorf("%s: %s", key, got)
		}
	}
	for _, gone := range []string{"mounts[1]", "env_file[0]", "env_file[1]"} {
		if o, ok := l.Origins[gone]; ok {
			t.Errorf("%s still comes from %v", gone, o)
		}
	}
}

// All layers are read before anybody hears of a mistake.
func TestProblemsOfAllLayers(t *testing.T) {
	top := tree(t, map[string]string{"u.yaml": "version: 1\nx: 1\n", "p/.sandbox.yaml": "version: 1\nuser: 1\nname: A\n", "p/.sandbox.local.yaml": "a"})
	_, err := loaded(t, top, []string{"SANDBOX_USER=-", "SANDBOX_LIMITS_PIDS=many"}, map[string]string{"network.mode": "bridge", "color": "x"})
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	want := `TOP/u.yaml:2:1: unknown key "x"
TOP/p/.sandbox.yaml:2:7: user: expected text, found the number 1: put it in quotes
TOP/p/.sandbox.yaml:3:7: name: "A" is no name: small letters, digits, dots, - and _, at most 63, starting with a letter or a digit
TOP/p/.sandbox.local.yaml:1:1: expected keys and values, found the text "a"
--color: no such key to set
SANDBOX_LIMITS_PIDS: expected a whole number, found "many"
--network: "bridge" is none of private, filtered, none, host
SANDBOX_USER: "-" is neither keep nor root nor the name of a user`
	if got := strings.ReplaceAll(problems.Error(), top, "TOP"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOverrides(t *testing.T) {
	top := tree(t, map[string]string{"p/": ""})
	for key, c := range map[string]struct{ variable, flag, value, bad string }{
		"image":            {"SANDBOX_IMAGE", "--image", "rootfs:x", "snapshot:x"},
		"user":             {"SANDBOX_USER", "--as", "root", "a b"},
		"shell":            {"SANDBOX_SHELL", "--shell", "/bin/sh", "sh"},
		"name":             {"SANDBOX_NAME", "--name", "n", "N"},
		"network.mode":     {"SANDBOX_NETWORK_MODE", "--network", "host", "bridge"},
		"network.driver":   {"SANDBOX_NETWORK_DRIVER", "--network-driver", "pasta", "tap"},
		"workspace.mode":   {"SANDBOX_WORKSPACE_MODE", "--workspace-mode", "ro", "RO"},
		"workspace.target": {"SANDBOX_WORKSPACE_TARGET", "--workspace-target", "/w", "w"},
		"limits.pids":      {"SANDBOX_LIMITS_PIDS", "--limits-pids", "7", "-7"},
		"limits.nofile":    {"SANDBOX_LIMITS_NOFILE", "--limits-nofile", "0", "0x9"},
	} {
		for _, way := range []struct {
			name    string
			environ func(value string) []string
			flags   func(value string) map[string]string
		}{
			{c.variable, func(v string) []string { return []string{c.variable + "=" + v} }, func(string) map[string]string { return nil }},
			{c.flag, func(string) []string { return nil }, func(v string) map[string]string { return map[string]string{key: v} }},
		} {
			l, err := loaded(t, top, way.environ(c.value), way.flags(c.value))
			if err != nil || l.Origins[key].Name != way.name {
				t.Errorf("%s: %v", way.name, err)
			}
			_, err = loaded(t, top, way.environ(c.bad), way.flags(c.bad))
			var problems config.Problems
			if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Key != key || !strings.HasPrefix(problems[0].Error(), way.name+": ") {
				t.Errorf("%s with %s: %v", way.name, c.bad, err)
			}
		}
	}
}

// The engine has variables of its own; an empty one counts as none.
func TestOtherVariables(t *testing.T) {
	top := tree(t, map[string]string{"p/": ""})
	l, err := loaded(t, top, []string{"SANDBOX_DATA_DIR=/x", "SANDBOX_WHATEVER=1", "SANDBOX_IMAGE=", "IMAGE=x"}, nil)
	if err != nil || l.Config.Image != "host" {
		t.Error(err)
	}
}

// A slip is told; what can be another program's is left alone.
func TestMisspeltVariables(t *testing.T) {
	top := tree(t, map[string]string{"p/": ""})
	for name, want := range map[string]string{
		"SANDBOX_IMAGES": "SANDBOX_IMAGES: sets no key; the nearest is SANDBOX_IMAGE", "SANDBOX_IMGAE": "sets no key; the nearest is SANDBOX_IMAGE",
		"SANDBOX_NETWORK_MOD": "the nearest is SANDBOX_NETWORK_MODE", "SANDBOX_LIMITS_MEMROY": "the nearest is SANDBOX_LIMITS_MEMORY",
		"SANDBOX_DATADIR": "the nearest is SANDBOX_DATA_DIR", "SANDBOX_NETWORK": "sets no key: of network there are SANDBOX_NETWORK_AUTO_FORWARD, SANDBOX_NETWORK_DRIVER, SANDBOX_NETWORK_MODE",
		"SANDBOX_PACKAGES": "sets no key: variables stand for single values, and packages is more than one", "SANDBOX_HOOKS_CREATE": "and hooks.create is more than one",
		"SANDBOX_API_KEY": "", "SANDBOX_URL": "", "SANDBOX_ENV": "", "SANDBOX_HOST": "", "SANDBOX_TOKEN": "", "SANDBOX_MODE": "", "SANDBOX_CPU": "", "SANDBOX_VERSION": "",
		"SANDBOX_": "", "SANDBOX": "", "sandbox_image": "", "SANDBOX_STORAGE_DRIVER": "", "SANDBOX_IDS": "", "SANDBOX_RUNTIME_DIR": "", "SANDBOX_REGISTRY_AUTH": "",
		"SANDBOX_IMAGE\x1b[2J": "", "SANDBOX_IMAGE\x1b": `"SANDBOX_IMAGE\x1b": sets no key; the nearest is SANDBOX_IMAGE`,
	} {
		_, err := loaded(t, top, []string{name + "=x"}, nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if _, err := loaded(t, top, []string{name + "="}, nil); err != nil {
			t.Errorf("%s, empty: %v", name, err)
		}
	}
}

// Whatever scalar there is can be set by a variable, of any type, with its origin.
func TestEveryScalarByAVariable(t *testing.T) {
	top := tree(t, map[string]string{"p/": ""})
	for key, of := range scalarsOf(reflect.TypeFor[config.Config](), "") {
		if key == "devcontainer" { // decides which files are read: --config does
			continue
		}
		name := "SANDBOX_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		_, err := loaded(t, top, []string{name + "=\x00"}, nil)
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s (%s): %v", name, of, err)
		}
	}
	for name, value := range map[string]any{
		"SANDBOX_GPU=true": true, "SANDBOX_SSH_AGENT=false": false, "SANDBOX_LIMITS_CPUS=1.5": 1.5, "SANDBOX_APT_SNAPSHOT=20260101": "20260101", "SANDBOX_LIMITS_NOFILE=9": 9,
	} {
		l, err := loaded(t, top, []string{name}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		variable, _, _ := strings.Cut(name, "=")
		found := false
		for _, e := range l.Entries() {
			found = found || e.Origin == "env "+variable && e.Value == value
		}
		if !found {
			t.Errorf("%s: %v", name, l.Entries())
		}
	}
}

func scalarsOf(t reflect.Type, under string) map[string]reflect.Kind {
	all := map[string]reflect.Kind{}
	for i := range t.NumField() {
		f := t.Field(i)
		key := strings.TrimPrefix(under+"."+f.Tag.Get("yaml"), ".")
		switch kind := f.Type.Kind(); {
		case key == "version" || f.Type == reflect.TypeFor[config.Hook]() || kind == reflect.Slice || kind == reflect.Map:
		case kind == reflect.Struct:
			maps.Copy(all, scalarsOf(f.Type, key))
		default:
			all[key] = kind
		}
	}
	return all
}

// What the user trusts no project may write.
func TestPathsOfTheUser(t *testing.T) {
	for text, good := range map[string]bool{
		"apt: {keyring: a.gpg}": false, "registry: {ca_file: ./a.pem}": false, "apt: {keyring: ~/a.gpg}": true, "registry: {ca_file: /a.pem}": true,
		"registry: {ca_file: '${HOME}/a.pem'}": true, "env_file: [.env]": true,
	} {
		for _, file := range []string{"u.yaml", "p/.sandbox.yaml"} {
			top := tree(t, map[string]string{file: "version: 1\n" + text + "\n", "p/": ""})
			_, err := loaded(t, top, nil, nil)
			if mine := file == "u.yaml"; (err == nil) != (good || !mine) || err != nil && !strings.Contains(err.Error(), "is relative") {
				t.Errorf("%s: %s: %v", file, text, err)
			}
		}
	}
}

func TestLocalFile(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		top := tree(t, map[string]string{"p/.sandbox.local.yaml": "version: 1\nname: local\n"})
		if l, err := loaded(t, top, nil, nil); err != nil || l.Config.Name != "local" {
			t.Error(err)
		}
	})
	t.Run("not from home", func(t *testing.T) {
		top := tree(t, map[string]string{"h/.sandbox.local.yaml": "version: 1\nname: local\n"})
		home := filepath.Join(top, "h")
		l, err := config.Load(config.LoadOptions{Project: config.Project{Dir: home}, Environ: []string{"HOME=" + home}})
		if err != nil || l.Config.Name != "h" {
			t.Error(err)
		}
	})
	t.Run("a link that leads out", func(t *testing.T) {
		top := tree(t, map[string]string{"p/.sandbox.local.yaml": "->../x", "x": "version: 1\n"})
		_, err := loaded(t, top, nil, nil)
		if want := top + "/p/.sandbox.local.yaml: a symbolic link must be relative and stay in the directory of the project"; err == nil || err.Error() != want {
			t.Error(err)
		}
	})
}

// The file was there when the project was found.
func TestProjectFileIsGone(t *testing.T) {
	top := tree(t, nil)
	_, err := config.Load(config.LoadOptions{Project: config.Project{Dir: top, File: top + "/.sandbox.yaml"}})
	if want := "read " + top + "/.sandbox.yaml: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDefaultName(t *testing.T) {
	for dir, want := range map[string]string{
		"Hello World": "hello-world", "a_b.c": "a_b.c", ".dot": "dot", "äöü": "sandbox", "Ünit-9": "nit-9", "...": "sandbox",
		strings.Repeat("x", 100): strings.Repeat("x", 63),
	} {
		l, err := config.Load(config.LoadOptions{Project: config.Project{Dir: "/nowhere/" + dir}})
		if err != nil || l.Config.Name != want {
			t.Errorf("%s: %v, want %s", dir, err, want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	file := filepath.Join(dir, ".sandbox.yaml")
	if err := os.WriteFile(file, []byte(shown), 0o644); err != nil {
		b.Fatal(err)
	}
	o := config.LoadOptions{Project: config.Project{Dir: dir, File: file}, Environ: []string{"SANDBOX_IMAGE=host"}, Flags: map[string]string{"user": "root"}}
	for b.Loop() {
		if _, err := config.Load(o); err != nil {
			b.Fatal(err)
		}
	}
}
