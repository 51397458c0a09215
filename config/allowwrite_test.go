package config

import (
	"errors"
	"testing"
)

func TestWithAllow(t *testing.T) {
	for name, c := range map[string]struct{ old, want string }{
		"no file":           {"", "version: 1\nnetwork:\n  mode: filtered\n  allow:\n    - \"a.example:443\"\n    - \"b.example:80\"\n"},
		"no network":        {"version: 1 # first\nimage: host", "version: 1 # first\nimage: host\nnetwork:\n  mode: filtered\n  allow:\n    - \"a.example:443\"\n    - \"b.example:80\"\n"},
		"windows":           {"version: 1\r\nimage: host\r\n", "version: 1\r\nimage: host\r\nnetwork:\r\n  mode: filtered\r\n  allow:\r\n    - \"a.example:443\"\r\n    - \"b.example:80\"\r\n"},
		"list in lines":     {"version: 1\nnetwork:\n    # why\n    allow:\n    - c.example # here\n    - d.example # there\n    mode: filtered\nimage: host\n", "version: 1\nnetwork:\n    # why\n    allow:\n    - c.example # here\n    - d.example # there\n    - \"a.example:443\"\n    - \"b.example:80\"\n    mode: filtered\nimage: host\n"},
		"list at the end":   {"version: 1\nnetwork:\n  mode: filtered\n  allow:\n    - c.example", "version: 1\nnetwork:\n  mode: filtered\n  allow:\n    - c.example\n    - \"a.example:443\"\n    - \"b.example:80\"\n"},
		"list in a line":    {"version: 1\nnetwork:\n  allow: [c.example] # x\n", "version: 1\nnetwork:\n  mode: filtered\n  allow: [c.example, \"a.example:443\", \"b.example:80\"] # x\n"},
		"empty list":        {"version: 1\nnetwork:\n  allow: []\n  mode: private\n", "version: 1\nnetwork:\n  allow: [\"a.example:443\", \"b.example:80\"]\n  mode: filtered\n"},
		"all in a line":     {"version: 1\nnetwork: {mode: filtered}\n", "version: 1\nnetwork: {mode: filtered, allow: [\"a.example:443\", \"b.example:80\"]}\n"},
		"with a list":       {"version: 1\nnetwork: {mode: \"none\", allow: [c.example]}\n", "version: 1\nnetwork: {mode: filtered, allow: [c.example, \"a.example:443\", \"b.example:80\"]}\n"},
		"the mode after it": {"version: 1\nnetwork: {allow: [c.example], mode: private}\n", "version: 1\nnetwork: {allow: [c.example, \"a.example:443\", \"b.example:80\"], mode: filtered}\n"},
		"another mode":      {"version: 1\nnetwork: {allow: [c.example]}\n", "version: 1\nnetwork: {mode: filtered, allow: [c.example, \"a.example:443\", \"b.example:80\"]}\n"},
		"no list":           {"version: 1\nnetwork:\n  # of it\n  mode: filtered\n", "version: 1\nnetwork:\n  # of it\n  allow:\n    - \"a.example:443\"\n    - \"b.example:80\"\n  mode: filtered\n"},
		"one is there":      {"version: 1\nnetwork:\n  mode: filtered\n  allow:\n    - \"a.example:443\"\n", "version: 1\nnetwork:\n  mode: filtered\n  allow:\n    - \"a.example:443\"\n    - \"b.example:80\"\n"},
		"all are there":     {"version: 1\nnetwork: {mode: filtered, allow: ['a.example:443', 'b.example:80']}\n", "version: 1\nnetwork: {mode: filtered, allow: ['a.example:443', 'b.example:80']}\n"},
		"an alias":          {"version: 1\nenv: {A: &a filtered}\nnetwork: {mode: *a}\n", "version: 1\nenv: {A: &a filtered}\nnetwork: {mode: *a, allow: [\"a.example:443\", \"b.example:80\"]}\n"},
		"a list by alias":   {"version: 1\npackages: &l [c.example]\nnetwork: {mode: filtered, allow: *l}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := WithAllow("/p/.sandbox.yaml", []byte(c.old), []string{"a.example:443", "b.example:80"})
			if c.want == "" {
				if !errors.Is(err, ErrByHand) {
					t.Fatalf("%v\n%s", err, got)
				}
				return
			}
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
	var problems Problems
	if _, err := WithAllow("/p/.sandbox.yaml", []byte("version: 1\nnetwork: {mode: x}\n"), []string{"a"}); !errors.As(err, &problems) {
		t.Error(err)
	}
}

func FuzzWithAllow(f *testing.F) {
	f.Add("version: 1\nnetwork: {mode: filtered}\n", "a.example:443")
	f.Add("version: 1\nnetwork:\n  allow:\n  - b\n", "*.example")
	f.Fuzz(func(_ *testing.T, text, entry string) {
		_, _ = WithAllow("/p/.sandbox.yaml", []byte(text), []string{entry})
	})
}
