package config_test

import (
	"reflect"
	"slices"
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
		"env: {A: '${NONE}'}":         "2:10: env.A: the variable NONE is not set: ${NONE:-} stands for nothing then, ${NONE:-text} for a text",
		"env: {A: '${'}":              "2:10: env.A: ${ has no }: write $$ for a dollar sign",
		"env: {A: 'x${B'}":            "2:10: env.A: ${ has no }: write $$ for a dollar sign",
		"env: {A: '${}'}":             `2:10: env.A: "${}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${1A}'}":           `2:10: env.A: "${1A}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${A-b}'}":          `2:10: env.A: "${A-b}" names no variable: write ${A:-b}`,
		"env: {A: '${a.b}'}":          `2:10: env.A: "${a.b}" names no variable: write $$ for a dollar sign`,
		"env: {A: \"${\\e[2J}\"}":     `2:10: env.A: "${\x1b[2J}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${project.nmae}'}": "2:10: env.A: ${project.nmae}: there are ${project.name} and ${project.dir}",
		"env: {A: '${poject.dir}'}":   `2:10: env.A: "${poject.dir}" names no variable: the nearest is ${project.dir}`,
		"env: {A: '${TWCIE}'}":        "${TWCIE:-text} for a text; the nearest that is set is TWICE",
		"env: {A: '${A:-${B}}'}":      `2:10: env.A: "${A:-${B}": one ${} within another is not known here`,
		"user: 'x${BAD}'":             `2:7: user: "x${BAD}" is neither keep nor root nor the name of a user`,
		"image: 'apt:${BAD}'":         `2:8: image: "apt:${BAD}" is no name of a package`,
		"mounts: [{type: volume, source: '${BAD}', target: /a}]":            `2:33: mounts[0].source: "${BAD}" holds a control character`,
		"mounts: [{type: volume, source: '${TWO}', target: /b}]":            `2:33: mounts[0].source: "${TWO}" is no name`,
		"secrets: [{name: '${TWICE}', env: A}, {name: '${TWICE}', env: A}]": `2:46: secrets[1].name: "${TWICE}" is here twice`,
		"caches: ['${BAD}']": `2:10: caches[0]: "${BAD}" is no cache`,
		"env: {" + repeated("A%d: '"+bomb(60)+"', ", 20) + "}":               "env.A17: all texts with ${} together become longer than 1024 KiB",
		"env: {A: &a '" + bomb(60) + "', " + repeated("A%d: *a, ", 20) + "}": "all texts with ${} together become longer than 1024 KiB",
		"env: {A: \"${A\\x10}\"}":                                            `2:10: env.A: "${A\x10}" names no variable: write $$ for a dollar sign`,
		"env: {A: '${project.home}'}":                                        "2:10: env.A: ${project.home}: there are ${project.name} and ${project.dir}",
		"image: '${BAD}'":                                                    `2:8: image:`,
		"network: {mode: '${MODE:-none}'}":                                   `2:17: network.mode: "${MODE:-none}" is none of`,
		"packages: [a, '${BAD}']":                                            "2:15: packages[1]:",
		"env: {A: '" + bomb(2000) + "'}":                                     "2:10: env.A: becomes longer than 64 KiB",
	} {
		top := tree(t, map[string]string{"p/.sandbox.yaml": "version: 1\n" + text + "\n"})
		_, err := loaded(t, top, []string{"BAD=a b\n", "TWICE=twice", "TWO=a b", "LONG=" + strings.Repeat("x", 1000)}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %s", text, err, want)
		} else if strings.Contains(err.Error(), "a b") || strings.Contains(err.Error(), `"twice"`) {
			t.Errorf("%.60s: the value of a variable is told: %v", text, err)
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

// Whoever adds a key for a command marks it, whatever it is below.
func TestCommandsAreMarked(t *testing.T) {
	var look func(of reflect.Type, under string)
	look = func(of reflect.Type, under string) {
		for of.Kind() == reflect.Slice || of.Kind() == reflect.Map || of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of == reflect.TypeFor[config.Hook]() {
			return
		}
		for i := range of.NumField() {
			f := of.Field(i)
			name := f.Tag.Get("yaml")
			command := slices.Contains([]string{"command", "run", "install", "entrypoint"}, name) && f.Type != reflect.TypeFor[config.Hook]() && f.Type.Kind() != reflect.Struct
			if command != (f.Tag.Get("raw") == "true") {
				t.Errorf("%s.%s: raw:%q", under, name, f.Tag.Get("raw"))
			}
			look(f.Type, under+"."+name)
		}
	}
	look(reflect.TypeFor[config.Config](), "")
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
		"network: {mode: '${MODE}'}": false, "mounts: [{type: volume, source: '${V}', target: /v}]": true,
		"secrets: [{name: '${A}', env: A}, {name: '${A}', env: A}]": true,
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
