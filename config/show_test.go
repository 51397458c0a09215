package config_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

const shown = `version: 1
image: rootfs:r.tar
shell: /bin/bash
env: {NODE_ENV: dev, PORT: 8080, NO: no}
env_file: [.env]
mounts:
  - {source: "~/a b", target: ~/a, readonly: true}
  - {type: tmpfs, target: /t, size: 64m}
limits: {pids: 512}
hooks:
  create: go mod download
  start: {deps: [npm, ci], db: "a: b"}
`

func TestWriteYAML(t *testing.T) {
	top := tree(t, map[string]string{"p/.sandbox.yaml": shown, "u.yaml": "version: 1\nuser: me\n"})
	l, err := loaded(t, top, []string{"SANDBOX_NETWORK_MODE=host"}, map[string]string{"workspace.mode": "ro"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := l.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	want := `version: 1  # .sandbox.yaml:1
name: p  # default
image: rootfs:r.tar  # .sandbox.yaml:2
user: me  # TOP/u.yaml:2
workspace:
  target: same  # default
  mode: ro  # flag --workspace-mode
shell: /bin/bash  # .sandbox.yaml:3
env:
  "NO": "no"  # .sandbox.yaml:4
  NODE_ENV: dev  # .sandbox.yaml:4
  PORT: "8080"  # .sandbox.yaml:4
env_file:
  - .env  # .sandbox.yaml:5
mounts:
  - {type: bind, source: ~/a b, target: ~/a, readonly: true}  # .sandbox.yaml:7
  - {type: tmpfs, target: /t, size: "64m"}  # .sandbox.yaml:8
network:
  mode: host  # env SANDBOX_NETWORK_MODE
  driver: auto  # default
  auto_forward: true  # default
limits:
  pids: 512  # .sandbox.yaml:9
hooks:
  create: go mod download  # .sandbox.yaml:11
  start: {db: "a: b", deps: [npm, ci]}  # .sandbox.yaml:12
`
	if got := strings.ReplaceAll(b.String(), top, "TOP"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEntries(t *testing.T) {
	top := tree(t, map[string]string{"p/.sandbox.yaml": "version: 1\nmounts: [{type: tmpfs, target: /t}]\nhooks: {start: {a: b}}\nenv_file: []\n"})
	l, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(l.Entries()[6:])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"key":"env_file","value":[],"origin":".sandbox.yaml:4"},` +
		`{"key":"mounts[0]","value":{"type":"tmpfs","target":"/t"},"origin":".sandbox.yaml:2"},` +
		`{"key":"network.mode","value":"private","origin":"default"},` +
		`{"key":"network.driver","value":"auto","origin":"default"},{"key":"network.auto_forward","value":true,"origin":"default"},` +
		`{"key":"hooks.start","value":{"a":"b"},"origin":".sandbox.yaml:3"}]`
	if string(data) != want {
		t.Errorf("got\n%s\nwant\n%s", data, want)
	}
}

// What is shown can be read again, and says the same, whatever the values are.
func TestShownIsReadAgain(t *testing.T) {
	values := []string{
		"", " ", "a", "a b ", " a", "a: b", "a:", "a #b", "#", "-", "- a", "?", "~", "~/x", "null", "NO", "on", "1", "1.5", ".5", ".env", "..", "...",
		"---", "0x1", "1e3", "2024-01-01", "[a]", "{a}", "a,b", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a`", `"`, `'`, `\`, `\n`, "a\nb", "a\tb",
		"\x1b[2J", "\u0085", "\u2028", "\u202e", "\ufeff", "ä", "日本", "😀", "\U000e0001", "=", "<<", "a\r\nb", ".inf", "-1", "+1", "y",
		"$", "$$", "${", "${A}", "$${A}", "$$${A}", "a$b", "$(a)", "5 $", "${project.dir}", "https://a:b@c/",
	}
	var text strings.Builder
	text.WriteString("version: 1\nenv:\n")
	for i, v := range values {
		quoted, _ := json.Marshal(v)
		text.WriteString("  K" + string(rune('A'+i/26)) + string(rune('A'+i%26)) + ": " + strings.ReplaceAll(escaped(string(quoted)), "$", "$$") + "\n")
	}
	text.WriteString("hooks: {create: {")
	for i, v := range values[1:] {
		quoted, _ := json.Marshal(v)
		text.WriteString("c" + string(rune('A'+i/26)) + string(rune('A'+i%26)) + ": [" + escaped(string(quoted)) + "], ")
	}
	text.WriteString("}}\n")
	first := load(t, text.String())
	for i, v := range values {
		if got := first.Config.Env["K"+string(rune('A'+i/26))+string(rune('A'+i%26))]; got != v {
			t.Errorf("%q was read as %q", v, got)
		}
	}
	var b strings.Builder
	if err := first.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	if second := load(t, b.String()); !reflect.DeepEqual(first.Config.Env, second.Config.Env) || !reflect.DeepEqual(first.Config.Hooks, second.Config.Hooks) {
		t.Errorf("got\n%+v\nwant\n%+v", second.Config, first.Config)
	}
}

// escaped writes the characters that may not stand in a file and that JSON lets pass.
func escaped(s string) string {
	return strings.NewReplacer("\u0085", `\x85`, "\u202e", `\u202e`, "\ufeff", `\ufeff`, "\u2028", `\u2028`).Replace(s)
}

func load(t *testing.T, text string) *config.Loaded {
	t.Helper()
	top := tree(t, map[string]string{"p/.sandbox.yaml": text})
	l, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return l
}

// What is shown may be passed on.
func TestShowKeepsSecrets(t *testing.T) {
	top := tree(t, map[string]string{
		"u.yaml": "version: 1\nshell: '${MY_SHELL:-/bin/sh}'\napt: {mirror: 'http://me:s3cret@mirror/'}\n",
		"p/.sandbox.yaml": `version: 1
image: docker.io/library/golang:1.26@sha256:${DIGEST}
packages: ['${ONE}', two]
env: {TOKEN: "Bearer ${TOKEN}", URL: "postgres://u:s3cret@db/x", PRICE: 5 $$, BOTH: "$${TOKEN} ${TOKEN:-no} ${project.name} ${HOME:-}", OWN: "$$$${A}"}
mounts: [{source: ., target: "/a/${TOKEN}"}]
hooks: {create: "echo ${TOKEN} $$", start: [curl, "https://u:s3cret@host/"]}
secrets: [{name: a, command: [pass, "${X}"]}]
`,
	})
	o := config.LoadOptions{
		Project: config.Project{Dir: top + "/p", File: top + "/p/.sandbox.yaml"}, UserFile: top + "/u.yaml",
		Environ: []string{"HOME=/h", "TOKEN=s3cret", "ONE=s3cret", "MY_SHELL=/s3cret", "DIGEST=s3cret"},
	}
	l, err := config.Show(o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := l.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	entries, err := json.Marshal(l.Entries())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String()+string(entries), "s3cret") {
		t.Errorf("a secret is shown:\n%s\n%s", b.String(), entries)
	}
	for _, want := range []string{
		`shell: "${MY_SHELL:-/bin/sh}"`, `mirror: "http://me:******@mirror/"`, `golang:1.26@sha256:${DIGEST}"`, `- "${ONE}"`, `TOKEN: "Bearer ${TOKEN}"`,
		`PRICE: "5 $"`, `BOTH: "$${TOKEN} ${TOKEN:-no} p /h"`, `OWN: "$$$${A}"`, `target: "/a/${TOKEN}"`, `create: "echo ${TOKEN} $$"`, `command: [pass, "${X}"]`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
	for _, want := range []string{
		`{"key":"env.BOTH","value":"${TOKEN} ${TOKEN:-no} p /h","origin":".sandbox.yaml:4","variables":["TOKEN"]}`, `{"key":"env.PRICE","value":"5 $","origin":".sandbox.yaml:4"}`,
		`"target":"/a/${TOKEN}"},"origin":".sandbox.yaml:5","variables":["TOKEN"]}`,
	} {
		if !strings.Contains(string(entries), want) {
			t.Errorf("no %s in\n%s", want, entries)
		}
	}
	if l, err := config.Load(o); err != nil || l.Config.Env["TOKEN"] != "Bearer s3cret" || l.Config.Env["OWN"] != "$${A}" {
		t.Errorf("%v", err)
	}
}
