package config_test

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

func TestRefusals(t *testing.T) {
	for _, c := range refusals() {
		t.Run(c.name, func(t *testing.T) {
			want := "f.yaml:" + strings.ReplaceAll(c.want, "\n", "\nf.yaml:")
			if got := config.Validate("f.yaml", []byte(c.text)).Error(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What editors and the command line show besides the message.
func TestProblemHasKeyNearestAndSource(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want config.Problem
	}{
		"slip":            {"version: 1\nimgae: host # here\n", config.Problem{Line: 2, Column: 1, Key: "imgae", Nearest: "image", Source: "imgae: host # here"}},
		"slip below":      {"version: 1\nmounts: [{targte: /a, source: a}]\n", config.Problem{Line: 2, Column: 11, Key: "mounts[0].targte", Nearest: "target", Source: "mounts: [{targte: /a, source: a}]"}},
		"other case":      {"version: 1\nENV_FILE: [a]\n", config.Problem{Line: 2, Column: 1, Key: "ENV_FILE", Nearest: "env_file", Source: "ENV_FILE: [a]"}},
		"like nothing":    {"version: 1\nxyzzy: 1\n", config.Problem{Line: 2, Column: 1, Key: "xyzzy", Source: "xyzzy: 1"}},
		"slip of several": {"version: 1\nfeature: 1\n", config.Problem{Line: 2, Column: 1, Key: "feature", Nearest: "features", Source: "feature: 1"}},
		"Windows":         {"version: 1\r\nshell: x\r\n", config.Problem{Line: 2, Column: 8, Key: "shell", Source: "shell: x"}},
		"byte order":      {"\ufeffversion: 2\n", config.Problem{Line: 1, Column: 10, Key: "version", Source: "version: 2"}},
		"tab":             {"version: 1\nenv:\n\tA: b\n", config.Problem{Line: 3, Column: 1, Source: "\tA: b"}},
		"control":         {"version: 1 # \x1b[2Jü\n", config.Problem{Line: 1, Column: 14, Source: "version: 1 # \ufffd[2Jü"}},
		"too long a key":  {"version: 1\n" + strings.Repeat("k", 200) + ": 1\n", config.Problem{Line: 2, Column: 1, Key: strings.Repeat("k", 200), Source: strings.Repeat("k", 200) + ": 1"}},
		"too long to show": {"version: 1\nname: " + strings.Repeat("A", 500) + "\n",
			config.Problem{Line: 2, Column: 7, Key: "name"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := config.Validate("f", []byte(c.text))
			if len(all) == 0 {
				t.Fatal("valid")
			}
			got := all[len(all)-1]
			if c.want.File, c.want.Message = "f", got.Message; got != c.want {
				t.Errorf("got\n%+v\nwant\n%+v", got, c.want)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	for name, text := range accepted() {
		t.Run(name, func(t *testing.T) {
			if problems := config.Validate("f", []byte(text)); len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
}
