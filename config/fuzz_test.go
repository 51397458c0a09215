package config_test

import (
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
