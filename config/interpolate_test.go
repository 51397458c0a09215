package config_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestInterpolation(t *testing.T) {
	environ := []string{"SUITE=trixie", "EMPTY=", "A_1=x$y${SUITE}"}
	for text, want := range map[string]string{
		"plain": "plain", "$": "$", "a$b": "a$b", "$$": "$", "$${SUITE}": "${SUITE}", "$$$$": "$$", "x$": "x$",
		"${SUITE}": "trixie", "a-${SUITE}-b": "a-trixie-b", "${SUITE}${SUITE}": "trixietrixie", "$$${SUITE}": "$trixie",
		"${EMPTY}": "", "${EMPTY:-else}": "else", "${NONE:-}": "", "${NONE:-a b:-c}": "a b:-c", "${SUITE:-else}": "trixie",
		"${A_1}":          "x$y${SUITE}", // what is put in is not looked at again
		"${project.name}": "called", "${project.dir}": "TOP/p",
	} {
		top := tree(t, map[string]string{"p/.sandbox.yaml": "version: 1\nenv: {V: '" + text + "'}\nname: called\n"})
		l, err := loaded(t, top, environ, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := strings.ReplaceAll(l.Config.Env["V"], top, "TOP"); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestInterpolationRefused(t *testing.T) {
	for text, want := range map[string]string{
		"env: {A: '${NONE}'}":              "2:10: env.A: the variable NONE is not set: ${NONE:-} stands for nothing then, ${NONE:-text} for a text",
		"env: {A: '${'}":                   "2:10: env.A: ${ has no }: write $$ for a dollar sign",
		"env: {A: 'x${B'}":                 "2:10: env.A: ${ has no }: write $$ for a dollar sign",
		"env: {A: '${}'}":                  `2:10: env.A: "${}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${1A}'}":                `2:10: env.A: "${1A}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${A-b}'}":               `2:10: env.A: "${A-b}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${a.b}'}":               `2:10: env.A: "${a.b}" names no variable: write $$ for a dollar sign`,
		"env: {A: \"${\\e[2J}\"}":          `2:10: env.A: "${\x1b[2J}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${project.home}'}":      "2:10: env.A: ${project.home}: there are ${project.name} and ${project.dir}",
		"image: '${BAD}'":                  `2:8: image:`,
		"network: {mode: '${MODE:-none}'}": `2:17: network.mode: "${MODE:-none}" is none of`,
		"packages: [a, '${BAD}']":          "2:15: packages[1]:",
		"env: {A: '" + bomb(2000) + "'}":   "2:10: env.A: becomes longer than 64 KiB",
	} {
		top := tree(t, map[string]string{"p/.sandbox.yaml": "version: 1\n" + text + "\n"})
		_, err := loaded(t, top, []string{"BAD=a b\n", "LONG=" + strings.Repeat("x", 1000)}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %s", text, err, want)
		}
	}
}

func bomb(n int) string { return strings.Repeat("${LONG}", n) }

// A shell's own variables are the shell's.
func TestInterpolationLeavesCommandsAlone(t *testing.T) {
	top := tree(t, map[string]string{"p/.sandbox.yaml": "version: 1\nhooks: {create: 'echo ${NONE} $$', start: [echo, '${NONE}'], attach: {a: 'echo ${X'}}\n"})
	l, err := loaded(t, top, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if h := l.Config.Hooks; h.Create.Shell != "echo ${NONE} $$" || h.Start.Exec[1] != "${NONE}" || h.Attach.Parallel["a"].Shell != "echo ${X" {
		t.Errorf("got %+v", h)
	}
}

// What a project reads of the host's environment needs the user's word, wherever it
// stands and whether it is set or not; what the user's own settings read does not.
func TestInterpolationAsks(t *testing.T) {
	top := tree(t, map[string]string{
		"u.yaml": "version: 1\nenv: {MINE: '${SECRET}'}\n",
		"p/.sandbox.yaml": "version: 1\nimage: 'apt:${SUITE:-trixie}'\nenv: {A: '${SECRET}', B: '${HOME}', C: '$${SECRET}'}\n" +
			"mounts: [{source: ., target: '/x${TARGET:-}'}]\n",
		"p/.sandbox.local.yaml": "version: 1\npackages: ['${PACKAGE:-jq}']\n",
	})
	got := strings.Join(requests(t, top, []string{"SECRET=s3cret"}, nil), "\n")
	want := `.sandbox.yaml: the variable SUITE of your environment, in image
.sandbox.yaml: the variable SECRET of your environment, in env.A
.sandbox.yaml: the variable TARGET of your environment, in mounts[0].target
.sandbox.local.yaml: the variable PACKAGE of your environment, in packages[0]`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A file by itself is looked at without an environment.
func TestValidateWithVariables(t *testing.T) {
	for text, good := range map[string]bool{
		"image: 'apt:${SUITE}'": true, "name: '${project.name}-x'": true, "name: '${'": false, "name: '${a.b}'": false, "user: '$$'": false,
	} {
		if problems := config.Validate("f.yaml", []byte("version: 1\n"+text+"\n")); (len(problems) == 0) != good {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

// Whatever a text refers to: no panic, a bounded result, or one plain message.
func FuzzInterpolation(f *testing.F) {
	for _, text := range []string{"${A}", "$${A}", "${A:-b}", "${", "${project.dir}", "$", "${A}${A}${A}"} {
		f.Add(text, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		got, message := config.Interpolate(text, func(name string) (string, bool) { return value, name != "NONE" })
		switch {
		case message != "" && got != "":
			t.Errorf("%q and %q", got, message)
		case len(got) > 64<<10+len(text)+len(value):
			t.Errorf("%d bytes", len(got))
		case !strings.Contains(text, "$") && got != text:
			t.Errorf("%q became %q", text, got)
		}
		for _, r := range message {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Errorf("%q holds a control character", message)
			}
		}
	})
}
