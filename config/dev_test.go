package config_test

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// became is what a devcontainer.json, an image's label and its user become: the lines
// of config show without origins, then requests (!) and warnings (~).
func became(t *testing.T, text, label, user string, more map[string]string, environ ...string) []string {
	t.Helper()
	files := map[string]string{"p/.devcontainer.json": text}
	for name, content := range more {
		files[name] = content
	}
	top := tree(t, files)
	l, err := loaded(t, top, environ, nil)
	if err != nil {
		return []string{"error: " + strings.ReplaceAll(err.Error(), top, "TOP")}
	}
	l.WithImage(label, user)
	var b strings.Builder
	if err := l.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(b.String()), "\n") {
		value, origin, _ := strings.Cut(line, "  # ")
		if origin != "default" && origin != "" || !strings.Contains(line, "  # ") {
			out = append(out, strings.ReplaceAll(value, top, "TOP"))
		}
	}
	for _, r := range l.HostRequests() {
		out = append(out, "! "+strings.ReplaceAll(r.What, top, "TOP"))
	}
	for _, w := range l.Dev.Warnings {
		out = append(out, fmt.Sprintf("~ %d:%d: %s", w.Line, w.Column, w.Message))
	}
	return out
}

func TestDevcontainer(t *testing.T) {
	for name, c := range map[string]struct {
		file, label, user string
		more              map[string]string
		want              []string // lines that must be there; with - in front, that must not
	}{
		"the least":    {file: `{"image": "a"}`, want: []string{"image: docker://a", "user: root", "  target: /workspaces/p", "devcontainer: .devcontainer.json"}},
		"image's user": {file: `{"image": "a"}`, user: "1000:1000", want: []string{`user: "1000"`, "-~", "-mounts"}},
		"image's zero": {file: `{"image": "a"}`, user: "0", want: []string{"user: root"}},
		"remoteUser":   {file: `{"image": "a", "remoteUser": "x", "containerUser": "y"}`, label: `{"remoteUser": "z"}`, user: "w", want: []string{"user: x"}},
		"containerUser, and the image's remoteUser": {file: `{"image": "a", "containerUser": "y"}`, label: `{"remoteUser": "z"}`, want: []string{"user: z"}},
		"containerUser, and the image's":            {file: `{"image": "a", "containerUser": "y"}`, label: `{"containerUser": "z"}`, user: "w", want: []string{`user: "y"`}},
		"the image's remoteUser":                    {file: `{"image": "a"}`, label: `[{"remoteUser": "z"}, {"containerUser": "v"}]`, user: "w", want: []string{"user: z"}},
		"a user with spaces":                        {file: `{"image": "a", "remoteUser": "a b"}`, want: []string{`error: TOP/p/.devcontainer.json:1:30: remoteUser: "a b" is neither keep nor root nor the name of a user`}},
		"a user that is a word of ours":             {file: `{"image": "a", "remoteUser": "keep"}`, want: []string{`error: TOP/p/.devcontainer.json:1:30: remoteUser: "keep" is no user that an image may have`}},
		"image that is none":                        {file: `{"image": "a b"}`, want: []string{`error: TOP/p/.devcontainer.json:1:11: image: "a b" is no image`}},
		"image with a scheme":                       {file: `{"image": "rootfs:/"}`, want: []string{"image: docker://rootfs:/"}},
		"nothing":                                   {file: `{}`, want: []string{`error: TOP/p/.devcontainer.json:1:1: image: is missing: there is neither image nor build`}},
		"compose":                                   {file: `{"dockerComposeFile": "a.yml", "service": "x"}`, want: []string{`error: TOP/p/.devcontainer.json:1:23: dockerComposeFile: lstat TOP/p/a.yml: no such file or directory`}},

		"folder below":      {file: `{"image": "a", "workspaceFolder": "/workspaces/p/sub"}`, want: []string{"  target: /workspaces/p"}},
		"folder of its own": {file: `{"image": "a", "workspaceFolder": "/srv/app"}`, want: []string{"  target: /srv/app"}},
		"workspaceMount": {file: `{"image": "a", "workspaceMount": "source=${localWorkspaceFolder},target=/app,type=bind,readonly", "workspaceFolder": "/app/sub"}`,
			want: []string{"  target: /app", "  mode: ro"}},
		"workspaceMount of what is above": {file: `{"image": "a", "workspaceMount": "source=${localWorkspaceFolder}/..,target=/all,type=bind"}`,
			want: []string{"  target: /all/p", "  - {type: bind, source: TOP/p/.., target: /all}", "! bind mount of TOP at /all, writable"}},
		"workspaceMount of a volume": {file: `{"image": "a", "workspaceMount": "source=v,target=/all,type=volume"}`, want: []string{"  target: /workspaces/p", "  - {type: volume, source: v, target: /all}"}},
		"folder that is none":        {file: `{"image": "a", "workspaceFolder": "relative"}`, want: []string{`error: TOP/p/.devcontainer.json:1:35: workspaceFolder: "relative" is not an absolute path (or the word same)`}},

		"mounts": {file: `{"image": "a", "mounts": ["source=${localEnv:HOME}/.x,target=/x,type=bind,consistency=cached", "type=tmpfs,target=/t,tmpfs-size=64m", "target=/anon", {"type": "volume", "source": "v-${devcontainerId}", "target": "/v"}, "source=old,target=/v"]}`,
			want: []string{"  - {type: bind, source: TOP/h/.x, target: /x}", "! bind mount of TOP/h/.x at /x, writable", `  - {type: tmpfs, target: /t, size: "64m"}`, "  - {type: volume, source: old, target: /v}"}},
		"mounts of another path":      {file: `{"image": "a", "mounts": ["source=./data,target=/d,type=bind"]}`, want: []string{"  - {type: bind, source: ./data, target: /d}", "-!"}},
		"a mount at a place of ours":  {file: `{"image": "a", "mounts": ["source=v,target=relative"]}`, want: []string{`error: TOP/p/.devcontainer.json:1:27: mounts[0]: target: "relative" is not an absolute path`}},
		"mounts with unknown options": {file: `{"image": "a", "mounts": ["source=v,target=/v,volume-nocopy=true"]}`, want: []string{"~ 1:27: mounts[0]: volume-nocopy: without a meaning here"}},

		"env":                      {file: `{"image": "a", "containerEnv": {"A": "1 ${localEnv:TOKEN}", "B": "$HOME ${x}"}}`, want: []string{`  A: "1 secret"`, "! the variable TOKEN of your environment, in containerEnv.A", `  B: "$HOME $${x}"`}},
		"env that is empty":        {file: `{"image": "a", "containerEnv": {"": "1"}}`, want: []string{`error: TOP/p/.devcontainer.json:1:37: containerEnv.: no name for a variable: it is empty, or holds a blank, = or a control character`}},
		"env of the image":         {file: `{"image": "a", "containerEnv": {"A": "mine"}}`, label: `{"containerEnv": {"A": "theirs", "B": "theirs", "C": "${localEnv:TOKEN:none}"}}`, want: []string{"  A: mine", "  B: theirs", "  C: none", "-!"}},
		"variables that are unset": {file: `{"image": "a", "containerEnv": {"A": "${localEnv:NOT}${localEnv:NOT:x}"}}`, want: []string{"  A: x", "-!"}},

		"privileged":                {file: `{"image": "a", "privileged": true}`, want: []string{"  nested: true", "! user namespaces and mounts inside, with the parts of the kernel behind them", "~ 1:30: privileged: as far as"}},
		"rights":                    {file: `{"image": "a", "capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined", "label=disable", "odd=1"]}`, want: []string{"  seccomp: unconfined", "    add:", "      - SYS_PTRACE", "! the capability CAP_SYS_PTRACE inside", `~ 1:97: securityOpt[2]: "odd=1" has no meaning here: the usual confinement stays`}},
		"a capability that is none": {file: `{"image": "a", "capAdd": ["SYS_PTRACES"]}`, want: []string{`error: TOP/p/.devcontainer.json:1:27: capAdd[0]: "SYS_PTRACES" is no capability: the nearest is SYS_PTRACE`}},
		"rights of the image":       {file: `{"image": "a", "capAdd": ["NET_ADMIN"]}`, label: `[{"capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined"], "init": true}]`, want: []string{"      - NET_ADMIN", "      - SYS_PTRACE", "  seccomp: unconfined", "! the capability CAP_SYS_PTRACE inside", "! no filter of system calls: processes inside reach all of the kernel that your own do"}},
		"mounts of the image":       {file: `{"image": "a", "mounts": ["source=mine,target=/v"]}`, label: `{"mounts": ["source=theirs,target=/v", "source=/etc,target=/host,type=bind"]}`, want: []string{"  - {type: volume, source: mine, target: /v}", "  - {type: bind, source: /etc, target: /host}", "! bind mount of /etc at /host, writable"}},
		"privileged by the image":   {file: `{"image": "a", "privileged": false}`, label: `{"privileged": true}`, want: []string{"  nested: true", "! user namespaces and mounts inside, with the parts of the kernel behind them"}},
		"a label that is none":      {file: `{"image": "a"}`, label: `{{`, want: []string{"~ 0:0: the image's devcontainer.metadata: not valid JSON"}},

		"hooks": {file: `{"image": "a", "initializeCommand": ["make", "x y"], "onCreateCommand": "a ${localWorkspaceFolderBasename} $HOME", "postCreateCommand": {"x": "y", "z": ["1", "2"]}}`,
			want: []string{"  initialize: [make, x y]", `  create: "a p $HOME"`, "  post_create: {x: \"y\", z: [\"1\", \"2\"]}", "! at each up, this command that runs on this host: [make, x y]"}},
		"ports": {file: `{"image": "a", "forwardPorts": [3000, "localhost:3001", "db:5432", 3002], "portsAttributes": {"3002": {"requireLocalPort": true}, "x.*": {}}, "otherPortsAttributes": {"onAutoForward": "ignore"}, "appPort": [8000, "8010:8000", "0.0.0.0:9000:9000"]}`,
			want: []string{"    - auto:3000", "    - auto:3001", "    - \"3002\"", "    - \"8000\"", "    - \"8010:8000\"", "    - \"0.0.0.0:9000:9000\"", "! a port that other machines reach: 0.0.0.0:9000:9000", "  auto_forward: false",
				`~ 1:57: forwardPorts[2]: "db:5432" is the port of another container, and there is none: it is not forwarded`, "~ 1:138: portsAttributes.x.*: an expression"}},
		"ports of services of compose": {file: `{"dockerComposeFile": "c.yml", "service": "app", "forwardPorts": ["db:5432", "app:80", "nobody:1"]}`,
			more: map[string]string{"p/c.yml": "services: {app: {image: a}, db: {image: b}}"},
			want: []string{"    - auto:5432", "    - auto:80", "-    - auto:1", `~ 1:88: forwardPorts[2]: "nobody:1" is the port of another container`}},
		"a range of ports": {file: `{"image": "a", "appPort": "8000-8010:8000-8010"}`, want: []string{`error: TOP/p/.devcontainer.json:1:27: appPort: "8000-8010:8000-8010": ranges of ports are not known here; write each one`}},
		"the rest": {file: `{"image": "a", "overrideCommand": false, "extensions": ["x"], "service": "y", "remoteUsr": 1}`, want: []string{
			"-~ 1:35", "~ 1:56: extensions: of an editor", "~ 1:74: service: without dockerComposeFile", "~ 1:79: remoteUsr: no property of the format: it does nothing: the nearest is remoteUser"}},

		"options of a build": {file: `{"build": {"dockerfile": "D", "args": {"A": "1"}, "options": ["--pull", "--no-cache", "--target", "dev", "--build-arg=B=2", "--platform", "linux/none", "--label", "x=y", "-q", "loose"]}}`,
			more: map[string]string{"p/D": "FROM scratch\n"}, want: []string{"  target: dev", `    A: "1"`, `    B: "2"`,
				"~ 1:125: build.options[5]: images are those of this machine, linux/", "~ 1:153: build.options[7]: --label is not done", "~ 1:62: build.options: \"loose\" is no flag: it is left out"}},
		"this machine's platform, and names": {file: `{"image": "a", "runArgs": ["--name=x", "-l", "a=b", "--platform=linux/` + runtime.GOARCH + `/v1"]}`, want: []string{"-~"}},

		"a file beside it": {file: `{"image": "a", "containerEnv": {"A": "1", "B": "2"}, "mounts": ["source=v,target=/v"], "remoteUser": "x"}`,
			more: map[string]string{"p/.sandbox.yaml": "version: 1\ndevcontainer: .devcontainer.json\nenv: {B: mine}\nmounts: []\nuser: root\n"},
			want: []string{"  A: \"1\"", "  B: mine", "mounts: []", "user: root", "image: docker://a"}},
		"settings of one's own": {file: `{"image": "a", "mounts": ["source=v,target=/v"]}`, more: map[string]string{"u.yaml": "version: 1\nmounts: [{type: tmpfs, target: /t}]\npackages: [git]\n"},
			want: []string{"  - {type: volume, source: v, target: /v}", "  - git", "-  - {type: tmpfs, target: /t}"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := became(t, c.file, c.label, c.user, c.more, "TOKEN=secret")
			for _, want := range c.want {
				not := strings.HasPrefix(want, "-")
				if slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, strings.TrimPrefix(want, "-")) }) == not {
					t.Errorf("%q in\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// What an image runs by itself is a service where nobody wants it replaced.
func TestDevcontainerCommand(t *testing.T) {
	server := config.ImageCommand{Entrypoint: []string{"/entry"}, Cmd: []string{"serve", "now"}, Dir: "/srv", User: "web:web"}
	const compose = `{"dockerComposeFile": "c.yml", "service": "app"`
	for name, c := range map[string]struct {
		file, label, composed string
		command               config.ImageCommand
		service               string // that is there; empty: none
		want                  config.Service
	}{
		"nobody says":             {file: `{"image": "a"}`, command: server},
		"true":                    {file: `{"image": "a", "overrideCommand": true}`, label: `{"overrideCommand": false}`, command: server},
		"false":                   {file: `{"image": "a", "overrideCommand": false}`, command: server, service: "main", want: config.Service{Command: config.Hook{Exec: []string{"/entry", "serve", "now"}}, Workdir: "/srv", User: "web"}},
		"false by the image":      {file: `{"image": "a"}`, label: `{"overrideCommand": false}`, command: config.ImageCommand{Cmd: []string{"x"}}, service: "main", want: config.Service{Command: config.Hook{Exec: []string{"x"}}, Workdir: "/", User: "root"}},
		"as the container's user": {file: `{"image": "a", "overrideCommand": false, "containerUser": "c", "remoteUser": "r"}`, command: server, service: "main", want: config.Service{Command: config.Hook{Exec: []string{"/entry", "serve", "now"}}, Workdir: "/srv", User: "c"}},
		"one that only waits":     {file: `{"image": "a", "overrideCommand": false}`, command: config.ImageCommand{Entrypoint: []string{"/bin/sh", "-c"}, Cmd: []string{"sleep infinity"}}},
		"a shell":                 {file: `{"image": "a", "overrideCommand": false}`, command: config.ImageCommand{Cmd: []string{"/bin/bash"}}},
		"what an entry point does before": {file: `{"image": "a", "overrideCommand": false}`, command: config.ImageCommand{Entrypoint: []string{"/init.sh"}, Cmd: []string{"sleep", "infinity"}}, service: "main",
			want: config.Service{Command: config.Hook{Exec: []string{"/init.sh", "sleep", "infinity"}}, Workdir: "/", User: "root"}},
		"an image without one":               {file: `{"image": "a", "overrideCommand": false}`},
		"of compose":                         {file: compose + `}`, composed: "services: {app: {image: a, working_dir: /w}}", command: server, service: "app", want: config.Service{Command: config.Hook{Exec: []string{"/entry", "serve", "now"}}, Workdir: "/w"}},
		"of compose, replaced":               {file: compose + `, "overrideCommand": true}`, composed: "services: {app: {image: a}}", command: server},
		"of compose, which has its own":      {file: compose + `}`, composed: "services: {app: {image: a, command: x y}}", command: server, service: "app", want: config.Service{Command: config.Hook{Exec: []string{"x", "y"}}}},
		"of compose, which only waits":       {file: compose + `}`, composed: "services: {app: {image: a, command: sleep infinity}}", command: server},
		"of compose, which waits after more": {file: compose + `}`, composed: "services: {app: {image: a, entrypoint: /init.sh, command: sleep infinity}}", service: "app", want: config.Service{Command: config.Hook{Exec: []string{"/init.sh", "sleep", "infinity"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := loaded(t, tree(t, map[string]string{"p/.devcontainer.json": c.file, "p/c.yml": c.composed}), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			l.WithImage(c.label, c.command.User)
			l.WithCommand(c.command)
			got, there := l.Config.Services[c.service]
			if there != (c.service != "") || len(l.Config.Services) > 1 || len(l.Dev.Warnings) > 0 {
				t.Fatalf("services: %+v, warnings: %v", l.Config.Services, l.Dev.Warnings)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
