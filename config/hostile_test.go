package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// Files that are made to exhaust whoever reads them. Each is refused at a size
// that costs little; a limit that does not hold shows as a test that never ends.
func TestBombs(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"10 MB":             {strings.Repeat("# 345678\n", 10<<20/9), "f: larger than 1 MiB: this is no configuration"},
		"one byte too many": {strings.Repeat("#", 1<<20+1), "f: larger than 1 MiB: this is no configuration"},
		"1 MiB of keys":     {strings.Repeat("abc: def\n", 1<<20/9), "f:6667:6: too long: more than 20000 words and signs"},
		"aliases in steps":  {laughs(), `f:3:1: unknown key "a"`},
		"aliases in a list": {"version: 1\nenv_file: &a [" + strings.Repeat("x,", 90) + "]\nhooks:\n  create:\n" + repeated("    h%d: *a\n", 400),
			"f:2:145: more than 20000 values, with what aliases repeat"},
		"flow nesting":        {"a: " + strings.Repeat("[", 4000) + strings.Repeat("]", 4000), "f:1:19: nested deeper than 16 levels"},
		"open nesting":        {strings.Repeat("{a: ", 4000), "f:1:65: nested deeper than 16 levels"},
		"nesting in one line": {strings.Repeat("- ", 9000) + "a", "f:1:33: nested deeper than 16 levels"},
		"nesting in lines":    {steps(200), "f:17:18: nested deeper than 16 levels"},
		"an endless key":      {strings.Repeat("k", 1<<19) + ": 1", "f:1:524289: a key longer than 256 characters"},
		"anchors in a row":    {"a: " + strings.Repeat("&a ", 9000), "f:1:7: not valid YAML: unexpected scalar value type"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := config.Validate("f", []byte(c.text))
			if len(problems) == 0 {
				t.Fatal("valid")
			}
			if got := problems[0].Error(); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// A hostile file does not get to write pages of its own words to the terminal.
func TestNumberOfProblemsIsBounded(t *testing.T) {
	problems := config.Validate("f", []byte("version: 1\n"+repeated("u%d: 1\n", 5000)))
	if len(problems) != 100 {
		t.Errorf("%d problems", len(problems))
	}
	long := config.Validate("f", []byte("version: 1\nname: "+strings.Repeat("N", 1<<19)+"\n"))
	if n := len(long.Error()); n > 300 {
		t.Errorf("a message of %d bytes", n)
	}
}

func repeated(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// laughs is the bomb of a billion words, each line ten times the one above.
func laughs() string {
	text := "version: 1\nenv: {}\n"
	last := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for _, name := range strings.Split("bcdefghij", "") {
		up := string(name[0] - 1)
		last += name + ": &" + name + " [" + strings.Repeat("*"+up+",", 10) + "]\n"
	}
	return text + last
}

func steps(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
