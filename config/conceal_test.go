package config

import (
	"strings"
	"testing"
)

func TestConceal(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"image: debian:13":               "image: debian:13",
		"mirror: http://me:pä@host/x":    "mirror: http://me:**@host/x",
		`with: ["me:secret@host:5000"]`:  `with: ["me:******@host:5000"]`,
		"with: [a, m:p@host, me@host]":   "with: [a, m:*@host, me@host]",
		"é http://ü:secret@host http://": "é http://ü:******@host http://",
		"a@b:c@d":                        "a@b:*@d",
	} {
		if got := conceal(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestPasswordsAreNotRepeated: neither the message nor the line that is shown has one.
func TestPasswordsAreNotRepeated(t *testing.T) {
	for _, text := range []string{
		"version: 1\nregistry: {mirrors: [{prefix: docker.io, with: ['me:hidden@host/x']}]}\n",
		"version: 1\napt: {mirror: 'ftp://me:hidden@host/debian'}\n",
		"version: 1\nimage: me:hidden@host/tool\n",
	} {
		problems := Validate("f", []byte(text))
		if len(problems) == 0 {
			t.Errorf("%s: accepted", text)
		}
		for _, p := range problems {
			if strings.Contains(p.Error()+p.Source, "hidden") {
				t.Errorf("%s: %s\n%s", text, p.Error(), p.Source)
			}
		}
	}
}
