package config_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// Dotfiles are the user's: no file of a project says what they are.
func TestDotfilesAreTheUsers(t *testing.T) {
	const text = "version: 1\ndotfiles: {path: ~/dotfiles}\n"
	l, err := loaded(t, tree(t, map[string]string{"u.yaml": text, "p/": ""}), nil, nil)
	if err != nil || l.Config.Dotfiles.Path != "~/dotfiles" {
		t.Errorf("got %v, %+v", err, l)
	}
	for _, file := range []string{"p/.sandbox.yaml", "p/.sandbox.local.yaml"} {
		_, err := loaded(t, tree(t, map[string]string{file: text, "p/": ""}), nil, nil)
		if err == nil || !strings.Contains(err.Error(), ":2:1: dotfiles: belongs into your own settings") {
			t.Errorf("%s: got %v", file, err)
		}
		if problems := config.Validate("/x/"+file, []byte(text)); len(problems) != 1 {
			t.Errorf("%s: got %v", file, problems)
		}
	}
}

func TestSecretsAreShownByTheirSource(t *testing.T) {
	l := load(t, "version: 1\nsecrets: [{name: a, file: ~/a}, {name: b, env: B}, {name: c, command: [pass, 'c: d']}]\n")
	var b strings.Builder
	if err := l.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"- {name: a, file: ~/a}", "- {name: b, env: B}", `- {name: c, command: [pass, "c: d"]}`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got\n%s\nwithout %s", b.String(), want)
		}
	}
	if again := load(t, b.String()); len(again.Config.Secrets) != 3 || again.Config.Secrets[2].Command[1] != "c: d" {
		t.Errorf("read again: %+v", again.Config.Secrets)
	}
}
