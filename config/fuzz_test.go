package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rootless-sandbox/sandbox/config"
)

// Whatever a file holds: no panic, a bounded number of problems, each in the file
// and of text that a terminal shows as it is.
func FuzzValidate(f *testing.F) {
	for _, c := range refusals() {
		f.Add([]byte(c.text))
	}
	for _, text := range accepted() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		problems := config.Validate("f", data)
		lines := strings.Count(string(data), "\n") + 1
		if len(problems) > 100 {
			t.Fatalf("%d problems", len(problems))
		}
		for _, p := range problems {
			if p.Line < 0 || p.Line > lines || p.Column < 0 {
				t.Errorf("%d:%d of %d lines: %s", p.Line, p.Column, lines, p.Message)
			}
			for _, r := range p.Error() + p.Key + p.Nearest + strings.ReplaceAll(p.Source, "\t", "") {
				if r < ' ' || r >= 0x7f && r < 0xa0 {
					t.Errorf("%q holds a control character", p.Error())
				}
			}
			if !utf8.ValidString(p.Error() + p.Source) {
				t.Errorf("%q is not UTF-8", p.Error())
			}
		}
	})
}

// Whatever is valid can be shown, is read again as the same, and does not tell what a
// variable of the environment holds.
func FuzzShown(f *testing.F) {
	for _, text := range accepted() {
		f.Add([]byte(text))
	}
	f.Add([]byte("version: 1\nenv: {A: '${V}', B: '$${V}', C: 'x${W:-y}$$'}\nhooks: {create: '${V}'}\npackages: ['${V}']\n"))
	const secret = "s3cr3t-0f-th3-h0st"
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		load := func(data []byte, how func(config.LoadOptions) (*config.Loaded, error)) (*config.Loaded, error) {
			file := filepath.Join(dir, ".sandbox.yaml")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			return how(config.LoadOptions{Project: config.Project{Dir: dir, File: file}, Environ: []string{"V=" + secret, "HOME=/h"}})
		}
		first, err := load(data, config.Load)
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error tells a variable: %v", err)
			}
			return
		}
		var plain, shown strings.Builder
		if err := first.WriteYAML(&plain); err != nil {
			t.Fatal(err)
		}
		second, err := load([]byte(plain.String()), config.Load)
		if err != nil {
			t.Fatalf("%v\n%s", err, plain.String())
		}
		if a, b := values(t, first), values(t, second); a != b {
			t.Errorf("%v\nwas read as\n%v", a, b)
		}
		third, err := load(data, config.Show)
		if err != nil {
			t.Fatal(err)
		}
		if err := third.WriteYAML(&shown); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(shown.String(), secret) && !strings.Contains(string(data), secret) {
			t.Errorf("a variable is shown:\n%s", shown.String())
		}
	})
}

func values(t *testing.T, l *config.Loaded) string {
	t.Helper()
	all := l.Entries()
	for i := range all {
		all[i].Origin = ""
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
